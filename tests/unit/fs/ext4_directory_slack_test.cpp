#include "fs/ext4/directory_slack.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/ext4/inode.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::concat;
using test::dirent;
using test::ImageBuilder;

constexpr std::uint64_t kBlock = 1024;

Bytes dots() { return concat({dirent(ImageBuilder::kFile, 12, ".", 2), dirent(2, 12, "..", 2)}); }

/// A record of `rec_len` bytes in which other entries lie behind the live one.
Bytes with_slack(std::uint16_t rec_len, std::uint32_t inode, const std::string& name, const Bytes& slack,
                 std::size_t gap = 0) {
  Bytes record = dirent(inode, rec_len, name);
  const std::size_t at = (8 + name.size() + 3) / 4 * 4 + gap;
  std::copy(slack.begin(), slack.end(), record.begin() + static_cast<std::ptrdiff_t>(at));
  return record;
}

/// Inode and name of what remains in a directory whose blocks lie one after the other from block 40 on.
std::vector<std::string> slack(const std::vector<Bytes>& blocks, std::uint32_t flags = 0,
                               ImageBuilder image = ImageBuilder()) {
  for (std::size_t i = 0; i < blocks.size(); ++i) image.put_bytes((40 + i) * kBlock, blocks[i]);
  RawInode inode = test::make_inode(0040755);
  inode.i_size_lo = static_cast<std::uint32_t>(blocks.size() * kBlock);
  inode.i_flags = kExtentsFlag | flags;
  test::set_root(
      inode,
      test::make_node(0, std::vector<RawExtent>{test::extent(0, static_cast<std::uint16_t>(blocks.size()), 40)}, 60));
  image.put_inode(ImageBuilder::kFile, inode);
  const auto filesystem = image.filesystem();
  const Ext4Inode directory(filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value());
  std::vector<std::string> found;
  const volume::Directory deleted = directory.deleted_entries().value();
  for (const volume::DirEntry& entry : deleted.entries) {
    found.push_back(std::to_string(entry.inode.value) + " " + entry.name);
  }
  return found;
}

using Names = std::vector<std::string>;

void expect(const std::vector<std::string>& found, const Names& names) {
  BOOST_TEST(found == names, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_directory_slack)

BOOST_AUTO_TEST_CASE(entries_behind_live_ones) {
  const Bytes gone = concat({dirent(14, 16, "removed"), dirent(15, 940, "older still")});
  expect(slack({concat({dots(), with_slack(1000, 13, "live", gone)})}), {"14 removed", "15 older still"});
  // One that had its rest of the block, and one four bytes on, after something that is no entry.
  const Bytes late = dirent(16, 24, "late one");
  expect(slack({concat({dots(), with_slack(1000, 13, "live", late, 4)})}), {"16 late one"});
}

BOOST_AUTO_TEST_CASE(unused_entries_have_lost_their_inode) {
  const Bytes unused = concat({dirent(0, 16, "unused"), dirent(13, 984, "live")});
  expect(slack({concat({dots(), unused})}), {"0 unused"});
  // Said better elsewhere, and of one that is live it cannot be told whether it is that one.
  const Bytes both = concat({dirent(0, 16, "removed"), with_slack(984, 13, "live", dirent(14, 16, "removed"))});
  expect(slack({concat({dots(), both})}), {"14 removed"});
  expect(slack({concat({dots(), dirent(0, 16, "live"), dirent(13, 984, "live")})}), {});
}

BOOST_AUTO_TEST_CASE(live_names_are_not_deleted) {
  const Bytes same = concat({dirent(13, 16, "live"), dirent(15, 16, "live")});
  expect(slack({concat({dots(), with_slack(1000, 13, "live", same)})}), {"15 live"});
  // In another block of the directory, twice.
  const Bytes moved = concat({dirent(17, 16, "moved"), dirent(18, 16, "gone")});
  expect(slack({concat({dots(), with_slack(1000, 13, "live", moved)}), with_slack(1024, 17, "moved", moved)}),
         {"18 gone"});
}

BOOST_AUTO_TEST_CASE(what_cannot_have_been_an_entry) {
  const std::string zero("a\0b", 3);
  std::vector<Bytes> bad = {dirent(33, 16, "inode"),    dirent(5, 16, "reserved"), dirent(14, 16, "a/b"),
                            dirent(14, 16, zero),       dirent(14, 12, "."),       dirent(14, 12, ".."),
                            dirent(14, 18, "odd"),      dirent(14, 2000, "far"),   dirent(14, 16, "type", 8),
                            dirent(14, 12, "too long"), dirent(14, 12, "")};
  for (Bytes& one : bad) {
    one.resize(std::min<std::size_t>(one.size(), 100));
    BOOST_TEST_CONTEXT("entry of " << one.size()) {
      expect(slack({concat({dots(), with_slack(1000, 13, "live", one)})}), {});
    }
  }
  // Cut off by the next live entry.
  const Bytes cut = concat({with_slack(28, 13, "live", dirent(14, 16, "cut")), dirent(16, 972, "next")});
  expect(slack({concat({dots(), cut})}), {"14 cut"});
  Bytes over = dirent(13, 24, "live");
  const RawDirEntry entry{14, 24, 12, 1};
  std::copy(bytes_of(entry).begin(), bytes_of(entry).end(), over.begin() + 12);
  expect(slack({concat({dots(), over, dirent(16, 976, "next")})}), {});
}

BOOST_AUTO_TEST_CASE(a_damaged_entry_ends_its_block) {
  Bytes block = concat({dots(), dirent(13, 14, "odd"), dirent(14, 16, "after")});
  block.resize(kBlock);
  expect(slack({block, with_slack(1024, 15, "next", dirent(16, 20, "found"))}), {"16 found"});
}

BOOST_AUTO_TEST_CASE(encrypted_names) {
  const std::string cipher("\x2f\0\xff/0123456789ab", 16);
  const Bytes gone = concat({dirent(14, 24, cipher), dirent(15, 20, "short")});
  const std::string live(16, 'x');
  expect(slack({concat({dots(), with_slack(1000, 13, live, gone)})}, kEncryptFlag), {"14 " + cipher});
  // Where hashes stand behind the names, an entry needs eight bytes more.
  Bytes folded = dirent(14, 32, cipher);
  const std::array hash = {Le32(0x1234), Le32(0x5678)};
  std::memcpy(folded.data() + 24, hash.data(), sizeof(hash));
  expect(slack({concat({dots(), with_slack(1000, 13, live, folded, 8)})}, kEncryptFlag | kCasefoldFlag),
         {"14 " + cipher});
  expect(slack({concat({dots(), with_slack(1000, 13, live, folded, 0)})}, kEncryptFlag | kCasefoldFlag), {});
}

BOOST_AUTO_TEST_CASE(behind_the_entries_of_a_hash_tree) {
  RawDxRoot root{};
  root.dot = {ImageBuilder::kFile, 12, 1, 2};
  root.dot_name = {'.'};
  root.dotdot = {2, static_cast<std::uint16_t>(kBlock - 12), 2, 2};
  root.dotdot_name = {'.', '.'};
  root.hash_version = 1;
  root.info_length = 8;
  root.limit = (kBlock - 32) / 8;
  root.count = 2;
  Bytes first(kBlock);
  std::memcpy(first.data(), &root, sizeof(root));
  const Bytes used = dirent(14, 16, "hashed");
  std::copy(used.begin(), used.begin() + 12, first.begin() + 36);  // the second entry of the tree looks like a name's
  const Bytes gone = dirent(15, 16, "moved");
  std::copy(gone.begin(), gone.end(), first.begin() + 48);

  Bytes node = dirent(0, 1024, "");
  const std::array count = {Le16((kBlock - 8) / 8), Le16(1)};
  std::memcpy(node.data() + 8, count.data(), sizeof(count));
  const Bytes other = dirent(16, 16, "in node");
  std::copy(other.begin(), other.end(), node.begin() + 100);
  ImageBuilder image;
  image.super.s_feature_compat = kCompatDirIndex;
  expect(slack({first, node, concat({dirent(13, 1024, "leaf")})}, kIndexFlag, image), {"15 moved", "16 in node"});
}

BOOST_AUTO_TEST_CASE(inline_directories) {
  ImageBuilder image;
  RawInode inode = test::make_inode(0040755);
  inode.i_flags = kInlineDataFlag;
  inode.i_size_lo = 60;
  Bytes area = concat({Bytes(4), with_slack(56, 13, "live", dirent(14, 16, "gone"))});
  std::memcpy(&inode.i_block, area.data(), 60);
  image.put_inode(ImageBuilder::kFile, inode);
  const RawXattrEntry entry{4, 7, 0, 0, 0, 0};
  const std::uint64_t at = ImageBuilder::inode_at(ImageBuilder::kFile) + 160;
  image.put(at, Le32(kXattrMagic));
  image.put(at + 4, entry);
  image.put_bytes(at + 4 + sizeof(entry), as_bytes("data"));
  const auto filesystem = image.filesystem();
  const Ext4Inode directory(filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value());
  const auto found = directory.deleted_entries().value();
  BOOST_TEST_REQUIRE(found.entries.size() == 1u);
  BOOST_TEST(found.entries[0].name == "gone");
  BOOST_TEST(found.entries[0].inode.value == 14u);
}

BOOST_AUTO_TEST_CASE(a_file_has_no_names) {
  ImageBuilder image;
  image.put_inode(ImageBuilder::kFile, test::make_inode());
  const auto filesystem = image.filesystem();
  const Ext4Inode file(filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value());
  BOOST_TEST(!file.deleted_entries().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
