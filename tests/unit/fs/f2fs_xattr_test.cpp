#include "fs/f2fs/xattr.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using Texts = std::vector<std::string>;
using test::ImageBuilder;
using test::InodeImage;
using test::xattr_area;
using test::xattr_entry;

constexpr std::uint32_t kNode = 20;

/// A file with attributes in its inode, and in a node.
struct Attributes {
  void node(const Bytes& bytes, std::uint32_t offset = kXattrNodeOffset, std::uint32_t ino = 5) {
    Bytes whole = image.node(kNode, ino, offset, {});
    std::copy(bytes.begin(), bytes.end(), whole.begin());
    image.add_node(kNode, ino, 1, whole);
    inode.raw.i_xattr_nid = kNode;
  }
  InodeRecord record() {
    image.add_inode(5, 0, inode);
    filesystem = image.filesystem();
    return read_inode(*filesystem, {5}).value();
  }
  volume::Xattrs read() {
    const InodeRecord inode_record = record();
    return read_xattrs(*filesystem, inode_record);
  }

  ImageBuilder image;
  InodeImage inode;
  std::shared_ptr<const Filesystem> filesystem;
};

Texts texts(const volume::Xattrs& xattrs) {
  Texts all;
  for (const volume::Xattr& x : xattrs.list) all.push_back(x.name + "=" + std::string(as_chars(x.value)));
  return all;
}

std::string verity(std::uint32_t version, std::uint32_t size, std::uint64_t pos) {
  return std::string(as_chars(bytes_of(RawVerityLocation{version, size, pos})));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_xattr)

BOOST_AUTO_TEST_CASE(none) {
  Attributes a;
  BOOST_TEST(a.read().list.empty());
  BOOST_TEST(a.read().findings.empty());
  a.inode.inline_xattrs = Bytes(24);  // the room is there, and never was used
  BOOST_TEST(a.read().list.empty());
  BOOST_TEST(a.read().findings.empty());
}

BOOST_AUTO_TEST_CASE(in_the_inode_sorted_with_their_prefixes) {
  Attributes a;
  a.inode.inline_xattrs = xattr_area(
      {xattr_entry(6, "selinux", "ctx"), xattr_entry(1, "b", "1"), xattr_entry(4, "t", ""), xattr_entry(1, "a", "22")});
  BOOST_TEST(texts(a.read()) == (Texts{"security.selinux=ctx", "trusted.t=", "user.a=22", "user.b=1"}),
             boost::test_tools::per_element());
  BOOST_TEST(a.read().findings.empty());
}

BOOST_AUTO_TEST_CASE(in_a_node_alone) {
  Attributes a;
  a.node(xattr_area({xattr_entry(1, "a", std::string(3000, 'v'))}));
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=" + std::string(3000, 'v')}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_node_continues_the_inode) {
  Attributes a;
  // 176 bytes remain in the inode; the second attribute lies across, the third after it.
  Bytes area = xattr_area({xattr_entry(1, "a", std::string(90, 'a')), xattr_entry(1, "b", std::string(300, 'b')),
                           xattr_entry(1, "c", "c")});
  a.inode.inline_xattrs = Bytes(area.begin(), area.begin() + 200);
  a.node(Bytes(area.begin() + 200, area.end()));
  BOOST_TEST(
      texts(a.read()) == (Texts{"user.a=" + std::string(90, 'a'), "user.b=" + std::string(300, 'b'), "user.c=c"}),
      boost::test_tools::per_element());
  BOOST_TEST(a.read().findings.empty());
  // Without the node, what lies across is lost, and said to be.
  a.image.put_nat(kNode, 5, 0);
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=" + std::string(90, 'a')}), boost::test_tools::per_element());
  BOOST_TEST(a.read().findings ==
                 (Texts{"inode 5: its attributes' node cannot be read: node 20: it is not in use",
                        "inode 5, attributes: an entry at byte 120 does not fit; those from there on are not read"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_area_in_the_inode_may_be_full) {
  Attributes a;
  Bytes area = xattr_area({xattr_entry(1, "a", std::string(171, 'a'))});
  BOOST_REQUIRE(area.size() == 200u);
  a.inode.inline_xattrs = area;
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=" + std::string(171, 'a')}), boost::test_tools::per_element());
  BOOST_TEST(a.read().findings.empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_is_another) {
  Attributes a;
  a.node(xattr_area({xattr_entry(1, "a", "1")}), 1);
  BOOST_TEST(
      a.read().findings ==
          (Texts{"inode 5: its attributes' node cannot be read: node 20: it is at node offset 1, not 536870911"}),
      boost::test_tools::per_element());
  a.node(xattr_area({xattr_entry(1, "a", "1")}), kXattrNodeOffset, 6);
  BOOST_TEST(
      a.read().findings == (Texts{"inode 5: its attributes' node cannot be read: node 20: it belongs to inode 6"}),
      boost::test_tools::per_element());
  a.inode.raw.i_xattr_nid = 5;
  BOOST_TEST(a.read().findings == (Texts{"inode 5: its attributes' node cannot be read: node 5: it is an inode"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(some_are_not_shown) {
  Attributes a;
  a.inode.inline_xattrs = xattr_area(
      {xattr_entry(9, "c", "context"), xattr_entry(11, "v", verity(1, 256, 65536)), xattr_entry(1, "a", "1")});
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=1"}), boost::test_tools::per_element());
  BOOST_TEST(a.read().findings.empty());
  const InodeRecord record = a.record();
  BOOST_TEST(std::string(as_chars(read_encryption_context(*a.filesystem, record).value())) == "context");
}

BOOST_AUTO_TEST_CASE(an_index_that_is_not_known) {
  Attributes a;
  a.inode.inline_xattrs = xattr_area(
      {xattr_entry(5, "x\x1b", "1"), xattr_entry(0, "y", ""), xattr_entry(255, "", "1"), xattr_entry(1, "a", "1")});
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=1"}), boost::test_tools::per_element());
  BOOST_TEST(a.read().findings.size() == 3u);
  BOOST_TEST(a.read().findings[1] == "inode 5, attribute y: its name's index 0 is not known");
  BOOST_TEST(a.read().findings[0].find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(access_control_lists) {
  Attributes a;
  const std::string stored(
      "\1\0\0\0"
      "\1\0\7\0"
      "\2\0\6\0\xe8\3\0\0"
      "\4\0\5\0"
      "\x10\0\7\0"
      "\x20\0\4\0",
      28);
  a.inode.inline_xattrs = xattr_area({xattr_entry(2, "", stored), xattr_entry(3, "", "\2")});
  const volume::Xattrs xattrs = a.read();
  BOOST_REQUIRE(xattrs.list.size() == 1u);
  BOOST_TEST(xattrs.list[0].name == "system.posix_acl_access");
  BOOST_TEST(xattrs.list[0].value.size() == 4u + 5 * 8);
  BOOST_TEST(ByteView(xattrs.list[0].value).load<Le32>(4 + 8 + 4)->get() == 1000u);
  BOOST_TEST(xattrs.findings == (Texts{"inode 5, attribute system.posix_acl_default: its access control list has no "
                                       "header"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sizes_that_lie) {
  Attributes a;
  Bytes area = xattr_area({xattr_entry(1, "a", "1"), xattr_entry(1, "b", "22")});
  test::patch(area, 24 + 8 + 2, Le16(0xffff));
  a.inode.inline_xattrs = area;
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=1"}), boost::test_tools::per_element());
  BOOST_TEST(a.read().findings ==
                 (Texts{"inode 5, attributes: an entry at byte 32 does not fit; those from there on are not read"}),
             boost::test_tools::per_element());
  area[24 + 8 + 1] = std::byte{255};
  test::patch(area, 24 + 8 + 2, Le16(0));
  a.inode.inline_xattrs = area;
  BOOST_TEST(a.read().findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(two_of_one_name_and_a_wrong_magic) {
  Attributes a;
  a.inode.inline_xattrs = xattr_area({xattr_entry(1, "a", "1"), xattr_entry(1, "a", "2"), xattr_entry(1, "b", "3")}, 7);
  BOOST_TEST(texts(a.read()) == (Texts{"user.a=1", "user.b=3"}), boost::test_tools::per_element());
  BOOST_TEST(a.read().findings == (Texts{"inode 5, attributes: the magic is wrong",
                                         "inode 5: an attribute is there more than once; the first is taken"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_verity_metadata_lies) {
  Attributes a;
  a.inode.raw.i_size = 65537;
  const auto locate = [&](const std::string& value) {
    a.inode.inline_xattrs = xattr_area({xattr_entry(11, "v", value)});
    const InodeRecord record = a.record();
    return read_verity_location(*a.filesystem, record);
  };
  const auto found = locate(verity(1, 256, 131072 + 4096));
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->tree_offset == 131072u);
  BOOST_TEST(found->tree_space == 4096u);
  BOOST_TEST(found->descriptor_offset == 131072u + 4096);
  BOOST_TEST(found->descriptor_size == 256u);
  BOOST_TEST(locate(verity(1, 0, 131072))->tree_space == 0u);
  const std::string form = "inode 5: the verity attribute has an unknown form";
  BOOST_TEST(locate(verity(2, 256, 131072)).error().message() == form);
  BOOST_TEST(locate(verity(1, 256, 131072) + "x").error().message() == form);
  BOOST_TEST(locate("").error().message() == form);
  for (const std::uint64_t pos :
       {std::uint64_t{131071}, std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0} - 255, std::uint64_t{1} << 62}) {
    BOOST_TEST(locate(verity(1, 256, pos)).error().message() ==
               "inode 5: the verity attribute puts the descriptor at file offset " + std::to_string(pos) +
                   ", where it cannot be");
  }
  a.inode.raw.i_size = ~std::uint64_t{0};
  BOOST_TEST(!locate(verity(1, 256, 131072)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_missing) {
  Attributes a;
  const InodeRecord record = a.record();
  BOOST_TEST(read_encryption_context(*a.filesystem, record).error().message() ==
             "inode 5: it has no encryption context");
  BOOST_TEST(read_verity_location(*a.filesystem, record).error().message() == "inode 5: it has no verity attribute");
  a.inode.raw.i_xattr_nid = 99;
  const InodeRecord lost = a.record();
  BOOST_TEST(
      read_encryption_context(*a.filesystem, lost).error().message() ==
      "inode 5: no encryption context was found: inode 5: its attributes' node cannot be read: node 99: it is not "
      "in use");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
