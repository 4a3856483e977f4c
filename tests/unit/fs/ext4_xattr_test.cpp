#include "fs/ext4/xattr.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "core/base/text.hpp"
#include "core/volume/posix_acl.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::concat;
using test::ImageBuilder;

constexpr std::uint64_t kBlock = 1024;

Bytes entry(std::uint8_t index, std::string_view name, std::uint16_t offset, std::uint32_t size,
            std::uint32_t inode = 0) {
  const RawXattrEntry raw{static_cast<std::uint8_t>(name.size()), index, offset, inode, size, 0};
  Bytes bytes((sizeof(raw) + name.size() + 3) / 4 * 4);
  std::memcpy(bytes.data(), &raw, sizeof(raw));
  std::copy_n(as_bytes(name).begin(), name.size(), bytes.begin() + sizeof(raw));
  return bytes;
}

/// A file with attributes in its body (`body` begins after the magic) and in block 30 (`block` after its header).
struct Attributes {
  void body(const Bytes& entries) {
    image.put(kBodyAt, Le32(kXattrMagic));
    image.put_bytes(kBodyAt + 4, entries);
  }
  void block(const Bytes& entries) {
    RawXattrHeader header{};
    header.h_magic = kXattrMagic;
    header.h_refcount = 3;
    header.h_blocks = 1;
    image.put(30 * kBlock, header);
    image.put_bytes(30 * kBlock + 32, entries);
    inode.i_file_acl_lo = 30;
  }
  void value(std::uint64_t at, std::string_view text) { image.put_bytes(at, as_bytes(text)); }
  InodeRecord record() {
    image.put_inode(ImageBuilder::kFile, inode);
    return read_inode(*image.filesystem(), InodeNumber{ImageBuilder::kFile}).value();
  }
  volume::Xattrs read() { return read_xattrs(image.filesystem(), record()); }

  static constexpr std::uint64_t kBodyAt = ImageBuilder::inode_at(ImageBuilder::kFile) + 160;
  ImageBuilder image;
  RawInode inode = test::make_inode();
};

std::string text(const volume::Xattr& attribute) {
  return attribute.name + "=" + std::string(as_chars(attribute.value));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_xattr)

BOOST_AUTO_TEST_CASE(body_and_block_together_sorted) {
  Attributes a;
  a.body(concat({entry(6, "selinux", 80, 3), entry(1, "b", 84, 1)}));
  a.value(Attributes::kBodyAt + 4 + 80, "ctx");
  a.value(Attributes::kBodyAt + 4 + 84, "1");
  a.block(concat({entry(4, "t", 1000, 2), entry(1, "a", 0, 0)}));
  a.value(30 * kBlock + 1000, "tt");
  const volume::Xattrs xattrs = a.read();
  BOOST_TEST_REQUIRE(xattrs.list.size() == 4u);
  BOOST_TEST(text(xattrs.list[0]) == "security.selinux=ctx");
  BOOST_TEST(text(xattrs.list[1]) == "trusted.t=tt");
  BOOST_TEST(text(xattrs.list[2]) == "user.a=");
  BOOST_TEST(text(xattrs.list[3]) == "user.b=1");
  BOOST_TEST(xattrs.findings.empty());
}

BOOST_AUTO_TEST_CASE(none) {
  Attributes a;
  BOOST_TEST(a.read().list.empty());
  BOOST_TEST(a.read().findings.empty());
}

BOOST_AUTO_TEST_CASE(the_context_is_not_listed) {
  Attributes a;
  a.block(entry(9, "c", 900, 4));
  a.value(30 * kBlock + 900, "\x02\x01\x04\x03");
  BOOST_TEST(a.read().list.empty());
  const auto context = read_encryption_context(*a.image.filesystem(), a.record());
  BOOST_TEST_REQUIRE(context.has_value());
  BOOST_TEST(to_hex(*context) == "02010403");

  Attributes without;
  const auto missing = read_encryption_context(*without.image.filesystem(), without.record());
  BOOST_TEST_REQUIRE(!missing.has_value());
  BOOST_TEST((missing.error().kind == ErrorKind::kCorrupt));
}

BOOST_AUTO_TEST_CASE(what_reaches_out_is_a_finding) {
  Attributes a;
  a.body(
      concat({entry(1, "far", 90, 3), entry(1, "ok", 60, 1), entry(1, "inum", 0, 5, 17), entry(5, "lustre", 60, 1)}));
  a.value(Attributes::kBodyAt + 4 + 60, "");
  const volume::Xattrs xattrs = a.read();
  BOOST_TEST_REQUIRE(xattrs.list.size() == 1u);
  BOOST_TEST(xattrs.list[0].name == "user.ok");
  BOOST_TEST_REQUIRE(xattrs.findings.size() == 3u);
  BOOST_TEST(xattrs.findings[0].find("user.far: its value reaches out") != std::string::npos);
  BOOST_TEST(xattrs.findings[1].find("user.inum: its value in inode 17 cannot be read: it is not in use") !=
             std::string::npos);
  BOOST_TEST(xattrs.findings[2].find("index 5") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_without_an_end) {
  Attributes a;
  a.body(entry(1, std::string(200, 'x'), 0, 0));  // its name reaches past the inode, into the next one
  BOOST_TEST(a.read().list.empty());
  BOOST_TEST(a.read().findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(blocks_that_are_none) {
  Attributes a;
  a.inode.i_file_acl_lo = 30;  // zeros
  BOOST_TEST(a.read().findings.size() == 1u);
  a.inode.i_file_acl_lo = 5000;
  BOOST_TEST(a.read().findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_body_wins_over_the_block) {
  Attributes a;
  a.body(entry(1, "a", 80, 1));
  a.value(Attributes::kBodyAt + 4 + 80, "1");
  a.block(entry(1, "a", 900, 1));
  a.value(30 * kBlock + 900, "2");
  const volume::Xattrs xattrs = a.read();
  BOOST_TEST_REQUIRE(xattrs.list.size() == 1u);
  BOOST_TEST(text(xattrs.list[0]) == "user.a=1");
  BOOST_TEST(xattrs.findings.size() == 1u);
}

// u::rw-, u:1000:r--, g::r--, m::rw-, o::--- as getxattr(2) gives it.
BOOST_AUTO_TEST_CASE(access_control_lists) {
  const Bytes stored = from_hex(
                           "01000000"
                           "01000600"
                           "02000400e8030000"
                           "04000400"
                           "10000600"
                           "20000000")
                           .value();
  const auto converted = volume::convert_acl(stored);
  BOOST_TEST_REQUIRE(converted.has_value());
  BOOST_TEST(to_hex(*converted) ==
             "02000000"
             "01000600ffffffff"
             "02000400e8030000"
             "04000400ffffffff"
             "10000600ffffffff"
             "20000000ffffffff");

  BOOST_TEST(!volume::convert_acl(from_hex("010000").value()).has_value());
  BOOST_TEST(!volume::convert_acl(from_hex("02000000").value()).has_value());
  BOOST_TEST(!volume::convert_acl(from_hex("010000000100").value()).has_value());
  BOOST_TEST(!volume::convert_acl(from_hex("0100000002000400e803").value()).has_value());
  BOOST_TEST(!volume::convert_acl(from_hex("0100000003000400").value()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
