#include "fs/ext4/directory.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/ext4/dirhash.hpp"
#include "fs/ext4/dx_block.hpp"
#include "fs/ext4/inode.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::concat;
using test::dirent;
using test::ImageBuilder;

constexpr std::uint64_t kBlock = 1024;

Bytes dots(std::uint16_t dotdot_length = 12) {
  return concat({dirent(ImageBuilder::kFile, 12, ".", 2), dirent(2, dotdot_length, "..", 2)});
}

/// A directory whose blocks lie one after the other from block 40 on.
volume::Directory read(const std::vector<Bytes>& blocks, std::uint32_t flags = 0, std::uint32_t size = 0,
                       ImageBuilder image = ImageBuilder()) {
  for (std::size_t i = 0; i < blocks.size(); ++i) image.put_bytes((40 + i) * kBlock, blocks[i]);
  RawInode inode = test::make_inode(0040755);
  inode.i_size_lo = size != 0 ? size : static_cast<std::uint32_t>(blocks.size() * kBlock);
  inode.i_flags = kExtentsFlag | flags;
  test::set_root(
      inode,
      test::make_node(0, std::vector<RawExtent>{test::extent(0, static_cast<std::uint16_t>(blocks.size()), 40)}, 60));
  image.put_inode(ImageBuilder::kFile, inode);
  const auto filesystem = image.filesystem();
  return Ext4Inode(filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value()).entries().value();
}

std::vector<std::string> names(const volume::Directory& directory) {
  std::vector<std::string> names;
  for (const volume::DirEntry& entry : directory.entries) names.push_back(entry.name);
  return names;
}

/// The first block of an indexed directory, `block_size` long.
Bytes dx_root(std::uint8_t version) {
  RawDxRoot root{};
  root.dot = {ImageBuilder::kFile, 12, 1, 2};
  root.dot_name = {'.'};
  root.dotdot = {2, static_cast<std::uint16_t>(kBlock - 12), 2, 2};
  root.dotdot_name = {'.', '.'};
  root.hash_version = version;
  root.info_length = 8;
  root.limit = (kBlock - 32) / 8;
  root.count = 1;
  Bytes block(kBlock);
  std::memcpy(block.data(), &root, sizeof(root));
  return block;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_directory)

BOOST_AUTO_TEST_CASE(entries_in_the_order_of_the_disk) {
  const auto directory =
      read({concat({dots(), dirent(13, 16, "beta"), dirent(0, 12, "gone"), dirent(14, 972, "alpha")}),
            concat({dirent(15, 1024, "\xff\xfe")})});
  BOOST_TEST(names(directory) == (Names{"beta", "alpha", "\xff\xfe"}), boost::test_tools::per_element());
  BOOST_TEST(directory.entries[1].inode.value == 14u);
  BOOST_TEST(directory.entries[1].hash[0] == 0u);
  BOOST_TEST(directory.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_checksum_tail_is_no_entry) {
  const RawDirEntryTail tail{0, 12, 0, 0xDE, 0x12345678};
  Bytes block = concat({dots(), dirent(13, 988, "a")});
  const ByteSpan bytes = bytes_of(tail);
  block.insert(block.end(), bytes.begin(), bytes.end());
  const auto directory = read({block});
  BOOST_TEST(names(directory) == (Names{"a"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_bad_record_costs_the_rest_of_its_block) {
  struct Case {
    std::uint16_t rec_len;
    const char* name;
  };
  for (const Case& bad : {Case{0, "x"}, Case{8, ""}, Case{14, "x"}, Case{12, "longer"}, Case{2000, "x"}}) {
    Bytes block = concat({dots(), dirent(13, 12, "a"), dirent(14, bad.rec_len, bad.name)});
    block.resize(kBlock);
    const auto directory = read({block, concat({dirent(15, 1024, "next")})});
    BOOST_TEST(names(directory) == (Names{"a", "next"}), boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(directory.findings.size() == 1u);
    BOOST_TEST(directory.findings[0].find("inode 12, directory block 0, offset 36: rec_len") == 0u);
  }
}

BOOST_AUTO_TEST_CASE(names_that_no_file_can_have) {
  const std::string zero("a\0b", 3);
  const Bytes block = concat({dots(), dirent(13, 12, "a/b"), dirent(14, 12, zero), dirent(15, 12, "."),
                              dirent(16, 12, ".."), dirent(17, 12, ""), dirent(18, 940, "good")});
  auto directory = read({block});
  BOOST_TEST(names(directory) == (Names{"good"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.size() == 5u);

  directory = read({block}, kEncryptFlag);  // ciphertext: any byte
  BOOST_TEST(names(directory) == (Names{"a/b", zero, "good"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_dot_of_another_inode) {
  const auto directory = read({concat({dirent(99, 12, ".", 2), dirent(2, 1012, "..", 2)})});
  BOOST_TEST(directory.entries.empty());
  BOOST_TEST(directory.findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(sizes_that_cannot_be) {
  const Bytes block = concat({dots(), dirent(13, 1000, "a")});
  auto directory = read({block}, 0, 1000);
  BOOST_TEST(directory.entries.size() == 1u);
  BOOST_TEST(directory.findings.size() == 1u);

  directory = read({block}, 0, 0xfffffc00);  // far more than is mapped: holes
  BOOST_TEST(directory.entries.size() == 1u);
  BOOST_TEST_REQUIRE(directory.findings.size() == 1u);
  BOOST_TEST(directory.findings[0].find("directory blocks 1 to 4194302") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_more_is_read_than_the_source_has) {
  // 2 MiB of directory, of which every 64 KiB are the same 64 blocks of an image of 256.
  ImageBuilder image;
  const Bytes block = concat({dirent(13, 1024, "again")});
  for (std::uint64_t i = 0; i < 64; ++i) image.put_bytes((100 + i) * kBlock, block);
  std::vector<RawExtent> extents;
  for (std::uint32_t i = 0; i < 32; ++i) extents.push_back(test::extent(i * 64, 64, 100));
  image.put_bytes(20 * kBlock, test::make_node(0, extents, kBlock));
  RawInode inode = test::make_inode(0040755);
  inode.i_size_lo = 32 * 65536;
  test::set_root(inode, test::make_node(1, std::vector<RawExtentIndex>{test::index(0, 20)}, 60));
  image.put_inode(ImageBuilder::kFile, inode);
  const auto filesystem = image.filesystem();
  const auto directory = Ext4Inode(filesystem, read_inode(*filesystem, InodeNumber{12}).value()).entries().value();
  BOOST_TEST(directory.entries.size() == 256u);
  BOOST_TEST(directory.findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(findings_are_bounded) {
  std::vector<Bytes> blocks(150, Bytes(kBlock));
  const auto directory = read(blocks);
  BOOST_TEST_REQUIRE(directory.findings.size() == 101u);
  BOOST_TEST(directory.findings.back() == "inode 12: 50 further findings in this directory");
}

BOOST_AUTO_TEST_CASE(a_hash_tree_holds_no_names) {
  ImageBuilder image;
  image.super.s_feature_compat = kCompatDirIndex;
  const Bytes root = dx_root(1);
  Bytes node = dirent(0, 1024, "");
  const Bytes trap = dirent(66, 16, "trap");  // where a reader that takes a node for a leaf would find it
  std::copy(trap.begin(), trap.end(), node.begin() + 24);
  const auto directory = read({root, node, concat({dirent(13, 1024, "leaf")})}, kIndexFlag, 0, image);
  BOOST_TEST(names(directory) == (Names{"leaf"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_root_is_a_finding) {
  ImageBuilder image;
  image.super.s_feature_compat = kCompatDirIndex;
  Bytes root = dx_root(1);
  root[0x1D] = std::byte{9};  // info_length
  const auto directory = read({root, concat({dirent(13, 1024, "leaf")})}, kIndexFlag, 0, image);
  BOOST_TEST(names(directory) == (Names{"leaf"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(hashes_of_encrypted_names) {
  const std::string name(16, '\xaa');
  const Bytes leaf = concat({dirent(13, 1024, name)});
  ImageBuilder image;
  image.super.s_feature_compat = kCompatDirIndex;
  image.super.s_hash_seed = {Le32(1), Le32(2), Le32(3), Le32(4)};
  image.super.s_def_hash_version = 0;
  image.super.s_flags = 2;  // unsigned
  const auto hash = [&](HashVersion version) { return dirhash(ByteView(as_bytes(name)), {version, {1, 2, 3, 4}}); };

  auto directory = read({dx_root(1), leaf}, kIndexFlag | kEncryptFlag, 0, image);
  BOOST_TEST((directory.entries.at(0).hash == hash(HashVersion::kHalfMd4Unsigned)));
  directory = read({concat({dots(), dirent(13, 1000, name)})}, kEncryptFlag, 0, image);  // one block: the default hash
  BOOST_TEST((directory.entries.at(0).hash == hash(HashVersion::kLegacyUnsigned)));
  directory = read({concat({dots(1012)}), leaf}, kEncryptFlag, 0, image);  // two blocks without a tree
  BOOST_TEST((directory.entries.at(0).hash == std::array<std::uint32_t, 2>{}));
  directory = read({dx_root(1), leaf}, kIndexFlag, 0, image);  // not encrypted
  BOOST_TEST((directory.entries.at(0).hash == std::array<std::uint32_t, 2>{}));
}

BOOST_AUTO_TEST_CASE(hashes_behind_the_names_of_folded_encrypted_directories) {
  const auto named = [](std::uint16_t rec_len, std::string_view name, std::uint32_t hash) {
    Bytes bytes = dirent(13, rec_len, name);
    const std::size_t at = (8 + name.size() + 3) / 4 * 4;
    if (bytes.size() < at + 8) return bytes;
    const std::array fields = {Le32(hash), Le32(hash + 1)};
    std::memcpy(bytes.data() + at, fields.data(), sizeof(fields));
    return bytes;
  };
  const Bytes block = concat({dots(), named(32, "sixteen bytes...", 0x1234), named(24, "sixteen bytes!!!", 1),
                              dirent(0, static_cast<std::uint16_t>(kBlock - 80), "")});
  const volume::Directory directory = read({block}, kEncryptFlag | kCasefoldFlag);
  BOOST_TEST_REQUIRE(directory.entries.size() == 2u);
  BOOST_TEST(directory.entries[0].hash[0] == 0x1234u);
  BOOST_TEST(directory.entries[0].hash[1] == 0x1235u);
  BOOST_TEST(directory.entries[1].hash[0] == 0u);
  BOOST_TEST_REQUIRE(directory.findings.size() == 1u);
  BOOST_TEST(directory.findings[0].find("no room for the hash") != std::string::npos);

  ImageBuilder image;
  image.super.s_feature_compat = kCompatDirIndex;
  const Superblock s = image.filesystem()->superblock();
  BOOST_TEST(parse_dx_root(dx_root(6), s, true).has_value());
  BOOST_TEST(!parse_dx_root(dx_root(6), s, false).has_value());
  BOOST_TEST(!parse_dx_root(dx_root(1), s, true).has_value());
  BOOST_TEST(parse_dx_root(dx_root(1), s, false).has_value());
}

BOOST_AUTO_TEST_CASE(record_lengths_of_64k_blocks) {
  BOOST_TEST(decode_rec_len(65535, 65536) == 65536u);
  BOOST_TEST(decode_rec_len(0, 65536) == 65536u);
  BOOST_TEST(decode_rec_len(65524, 65536) == 65524u);
  BOOST_TEST(decode_rec_len(1, 65536) == 65536u);  // the two lowest bits are bits 16 and 17
  BOOST_TEST(decode_rec_len(65535, 32768) == 65535u);
  BOOST_TEST(decode_rec_len(0, 4096) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
