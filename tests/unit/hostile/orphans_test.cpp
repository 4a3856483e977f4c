#include <boost/test/unit_test.hpp>

#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::hostile {
namespace {

using Texts = std::vector<std::string>;

constexpr std::uint32_t kBitmap = 3;

/// An image whose inode bitmap counts these as in use.
void put_in_use(HostileImage& image, const std::vector<std::uint32_t>& inodes) {
  ext4::RawGroupDescriptor group{};
  group.bg_inode_table_lo = HostileImage::kInodeTable;
  group.bg_inode_bitmap_lo = kBitmap;
  image.put(2 * std::uint64_t{HostileImage::kBlockSize}, group);
  for (const std::uint32_t number : inodes) {
    const std::uint64_t at = kBitmap * std::uint64_t{HostileImage::kBlockSize} + (number - 1) / 8;
    image.bytes[at] |= std::byte{1} << ((number - 1) % 8);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(orphans)

BOOST_AUTO_TEST_CASE(what_has_no_name_is_listed_by_its_number) {
  HostileImage image;
  image.put_root({{12, "a"}, {13, "-"}});
  image.put_file(12, 40, 5, 'a');
  image.put_file(13, 41, 5, '-');
  image.put_file(14, 42, 5, 'l');                             // lost
  image.put_directory(15, 21, {{16, "below"}, {12, "too"}});  // lost, and so what only it names
  image.put_file(16, 43, 5, 'b');
  put_in_use(image, {1, 2, 8, 12, 13, 14, 15, 16, 30});
  const Extraction run(image.source(), true);
  const Texts expected = {"", "-", ".orphans/14", ".orphans/15", ".orphans/15/below", ".orphans/15/too", "a"};
  BOOST_TEST(run.paths() == expected, boost::test_tools::per_element());
  BOOST_TEST(run.content(".orphans/14") == "lllll");
  BOOST_TEST(run.content(".orphans/15/below") == "bbbbb");
  BOOST_TEST(run.entry(".orphans/14").status == "ok");

  const Extraction without(image);
  const Texts named = {"", "-", "a"};
  BOOST_TEST(without.paths() == named, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_inode_without_links_is_an_orphan_and_no_file) {
  HostileImage image;
  image.put_root({{12, "a"}});
  image.put_file(12, 40, 5, 'a');
  for (const std::uint32_t number : {12u, 13u}) {
    RawInode raw = make_inode();
    raw.i_links_count = 0;
    raw.i_size_lo = 5;
    set_root(raw, make_node<ext4::RawExtent>(0, {extent(0, 1, 40)}, 60));
    image.put_inode(number, raw);
  }
  put_in_use(image, {2, 12, 13});
  const Extraction run(image.source(), true);
  BOOST_TEST(run.entry("a").status == "error");
  BOOST_TEST(run.entry(".orphans/13").status == "ok");
  BOOST_TEST(run.content(".orphans/13") == "aaaaa");
}

BOOST_AUTO_TEST_CASE(lost_directories_that_name_each_other) {
  HostileImage image;
  image.put_root({});
  image.put_directory(14, 21, {{15, "x"}});
  image.put_directory(15, 22, {{14, "y"}});
  put_in_use(image, {2, 14, 15});
  const Extraction run(image.source(), true);
  const Texts expected = {"", ".orphans/14", ".orphans/14/x", ".orphans/14/x/y"};
  BOOST_TEST(run.paths() == expected, boost::test_tools::per_element());
  BOOST_TEST(run.entry(".orphans/14/x/y").problems.size() == 1u);
}

BOOST_AUTO_TEST_CASE(values_of_attributes_are_nobodys) {
  HostileImage image;
  image.put_root({});
  RawInode value = make_inode();
  value.i_flags = ext4::kExtentsFlag | ext4::kEaInodeFlag;
  image.put_inode(14, value);
  put_in_use(image, {2, 14});
  BOOST_TEST(Extraction(image.source(), true).paths().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_bitmap_that_cannot_be_read_is_a_finding) {
  HostileImage image;
  image.put_root({});
  ext4::RawGroupDescriptor group{};
  group.bg_inode_table_lo = HostileImage::kInodeTable;
  group.bg_inode_bitmap_lo = 5000;
  image.put(2 * std::uint64_t{HostileImage::kBlockSize}, group);
  const Extraction run(image.source(), true);
  const Texts expected = {"the inode bitmap of group 0: no such block can be there"};
  BOOST_TEST(run.orphans.findings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::hostile
