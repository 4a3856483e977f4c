#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::hostile {
namespace {

using Texts = std::vector<std::string>;
using Attributes = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint32_t kBlock = 50;
constexpr std::uint64_t kAt = std::uint64_t{kBlock} * HostileImage::kBlockSize;
const std::string kPlace = "inode 12, attribute block 50: ";

/// A file whose attributes lie in a block that begins with a good header.
HostileImage image_with_block() {
  HostileImage image;
  image.put_root({{12, "file"}});
  image.put_file(12, 40, 4, 'f');
  image.put(HostileImage::inode_at(12) + offsetof(RawInode, i_file_acl_lo), Le32(kBlock));
  image.put(kAt, ext4::RawXattrHeader{ext4::kXattrMagic, 1, 1, 0, 0, {}});
  return image;
}

/// Puts user.`name` at byte `at` of the block.
void put_entry(HostileImage& image, std::uint64_t at, const std::string& name, std::uint16_t offset, std::uint32_t size,
               std::uint8_t name_length) {
  image.put(kAt + at, ext4::RawXattrEntry{name_length, 1, offset, 0, size, 0});
  image.put_bytes(kAt + at + sizeof(ext4::RawXattrEntry), as_bytes(name));
}

void check(HostileImage& image, const std::string& status, const Attributes& attributes, const Texts& problems) {
  const Extraction run(image);
  const report::Entry file = run.entry("file");
  BOOST_TEST(file.status == status);
  BOOST_TEST((file.xattrs == attributes));
  BOOST_TEST(file.problems == problems, boost::test_tools::per_element());
  BOOST_TEST(run.content("file") == "ffff");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_attributes)

BOOST_AUTO_TEST_CASE(an_entry_that_is_its_own_value_ends) {
  HostileImage image = image_with_block();
  put_entry(image, 32, "a", 32, 20, 1);
  const Bytes entry(image.bytes.begin() + kAt + 32, image.bytes.begin() + kAt + 52);
  check(image, "ok", {{"user.a", ByteView(entry).str()}}, {});
}

BOOST_AUTO_TEST_CASE(a_name_that_reaches_out_of_the_block_ends_the_list) {
  HostileImage image = image_with_block();
  put_entry(image, 32, "a", 1000, 2, 1);
  image.put_bytes(kAt + 1000, as_bytes("va"));
  // The second entry's name covers what would be a third, and the third's reaches past the block's end.
  put_entry(image, 52, std::string(255, 'n'), 0, 0, 255);
  put_entry(image, 324, std::string(255, 'm'), 0, 0, 255);
  put_entry(image, 596, std::string(255, 'o'), 0, 0, 255);
  put_entry(image, 868, "p", 0, 0, 255);
  check(image, "damaged",
        {{"user.a", "va"},
         {"user." + std::string(255, 'm'), ""},
         {"user." + std::string(255, 'n'), ""},
         {"user." + std::string(255, 'o'), ""}},
        {kPlace + "the attribute at byte 868 reaches out of its area"});
}

BOOST_AUTO_TEST_CASE(a_value_that_reaches_out_of_the_block_costs_itself) {
  for (const auto& [offset, size] : {std::pair<std::uint16_t, std::uint32_t>{1023, 2},
                                     {1024, 1},
                                     {65535, 1},
                                     {0, 1025},
                                     {0, 0xffffffff},
                                     {65535, 0xffffffff}}) {
    HostileImage image = image_with_block();
    put_entry(image, 32, "a", offset, size, 1);
    put_entry(image, 52, "b", 1000, 2, 1);
    image.put_bytes(kAt + 1000, as_bytes("vb"));
    check(image, "damaged", {{"user.b", "vb"}},
          {"inode 12, attribute user.a: its value reaches out of the area for values"});
  }
}

BOOST_AUTO_TEST_CASE(one_name_many_times_is_one_attribute) {
  HostileImage image = image_with_block();
  for (std::uint64_t at = 32; at + 20 <= 1000; at += 20) put_entry(image, at, "a", 1000, 2, 1);
  image.put_bytes(kAt + 1000, as_bytes("va"));
  image.put(kAt + 992, Le32(0));
  check(image, "damaged", {{"user.a", "va"}}, {"inode 12: an attribute is there more than once; the first is taken"});
}

BOOST_AUTO_TEST_CASE(a_block_that_holds_no_attributes_is_a_finding) {
  HostileImage image = image_with_block();
  image.put(kAt, Le32(0));
  check(image, "damaged", {}, {kPlace + "h_magic is wrong"});
  for (const std::uint32_t block : {1u, 256u, 0xffffffffu}) {
    image.put(HostileImage::inode_at(12) + offsetof(RawInode, i_file_acl_lo), Le32(block));
    check(image, "damaged", {},
          {"inode 12, attribute block " + std::to_string(block) + ": no such block can be there"});
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_extra_fields_that_lie_cost_the_attributes_in_the_inode) {
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{129, 130, 0xfffc, 0xffff, 30}) {
    HostileImage image = image_with_block();
    image.put(HostileImage::inode_at(12) + offsetof(RawInode, i_extra_isize), Le16(size));
    check(image, "damaged", {},
          {"inode 12: i_extra_isize is " + std::to_string(size) +
           ", which cannot be; nanoseconds, creation time and attributes in the inode are not read"});
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::hostile
