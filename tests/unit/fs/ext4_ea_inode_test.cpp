#include "fs/ext4/ea_inode.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/xattr.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::ImageBuilder;

constexpr std::uint64_t kBlock = 1024;
constexpr std::uint32_t kHolder = 13;
constexpr std::uint32_t kValueSize = 1500;

/// A file whose attribute user.x lies in inode 13, over two blocks.
struct Value {
  Value() : value(kValueSize, 'v') {
    file.i_generation = 77;
    holder.i_flags = kExtentsFlag | kEaInodeFlag;
    holder.i_size_lo = kValueSize;
    test::set_root(holder, test::make_node<RawExtent>(0, {test::extent(0, 2, 40)}, 60));
    // "x" is 0x78, and the value's hash goes in after sixteen bits more.
    const Superblock s = image.filesystem()->superblock();
    const std::uint32_t hash = crc32c(s.checksum_seed, as_bytes(value));
    holder.i_atime = hash;
    entry = {1, 1, 0, kHolder, kValueSize, (std::uint32_t{0x78} << 16) ^ hash};
  }
  [[nodiscard]] volume::Xattrs read() {
    image.put_inode(ImageBuilder::kFile, file);
    image.put_inode(kHolder, holder);
    image.put_bytes(40 * kBlock, as_bytes(value));
    const std::uint64_t body = ImageBuilder::inode_at(ImageBuilder::kFile) + 160;
    image.put(body, Le32(kXattrMagic));
    image.put(body + 4, entry);
    image.put_bytes(body + 4 + sizeof(entry), as_bytes("x"));
    const auto filesystem = image.filesystem();
    return read_xattrs(filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value());
  }
  void expect_finding(const std::string& words) {
    const volume::Xattrs xattrs = read();
    BOOST_TEST(xattrs.list.empty());
    BOOST_TEST_REQUIRE(xattrs.findings.size() == 1u);
    BOOST_TEST(xattrs.findings[0].find(words) != std::string::npos, xattrs.findings[0]);
  }

  ImageBuilder image;
  std::string value;
  RawInode file = test::make_inode();
  RawInode holder = test::make_inode();
  RawXattrEntry entry{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_ea_inode)

BOOST_AUTO_TEST_CASE(a_value_over_two_blocks) {
  Value v;
  const volume::Xattrs xattrs = v.read();
  BOOST_TEST(xattrs.findings.empty());
  BOOST_TEST_REQUIRE(xattrs.list.size() == 1u);
  BOOST_TEST(xattrs.list[0].name == "user.x");
  BOOST_TEST(as_chars(xattrs.list[0].value) == v.value);
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_what_its_hash_says) {
  Value v;
  v.value[1499] = 'w';
  v.expect_finding("is not what its hash says");
  Value other_entry;
  other_entry.entry.e_hash = 5;
  other_entry.expect_finding("is not what its hash says");
}

BOOST_AUTO_TEST_CASE(an_older_inode_points_back_instead) {
  Value v;
  v.holder.i_atime = 5;
  v.holder.i_mtime = ImageBuilder::kFile;
  v.holder.i_generation = 77;
  BOOST_TEST(v.read().list.size() == 1u);
  v.holder.i_generation = 78;
  v.expect_finding("is not what its hash says");
}

BOOST_AUTO_TEST_CASE(inodes_that_hold_no_value) {
  Value unflagged;
  unflagged.holder.i_flags = kExtentsFlag;
  unflagged.expect_finding("is not in an inode for values");
  Value shorter;
  shorter.holder.i_size_lo = 1499;
  shorter.expect_finding("has 1499 bytes, and its entry says 1500");
  Value unused;
  unused.holder.i_links_count = 0;
  unused.expect_finding("it is not in use");
  Value huge;
  huge.entry.e_value_size = 65537;
  huge.expect_finding("more than Linux takes");
  Value unmapped;
  test::set_root(unmapped.holder, test::make_node<RawExtent>(0, {test::extent(0, 2, 5000)}, 60));
  unmapped.expect_finding("where no file can be");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
