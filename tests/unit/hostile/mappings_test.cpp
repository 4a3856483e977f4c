#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::hostile {
namespace {

using Texts = std::vector<std::string>;
using ext4::RawExtent;
using ext4::RawExtentIndex;

constexpr std::uint64_t kKib = 1024;
constexpr std::uint64_t kNodeBlock = 30;

/// The only file of the image, with `root` as its extent tree's root and 4 KiB long.
HostileImage image_with_root(const Bytes& root, std::uint64_t size = 4096) {
  HostileImage image;
  image.put_root({{12, "file"}});
  RawInode raw = make_inode();
  raw.i_size_lo = static_cast<std::uint32_t>(size);
  raw.i_size_high = static_cast<std::uint32_t>(size >> 32);
  set_root(raw, root);
  image.put_inode(12, raw);
  return image;
}

Bytes root_of_index(std::uint16_t depth) { return make_node<RawExtentIndex>(depth, {index(0, kNodeBlock)}, 60); }

void put_node(HostileImage& image, const Bytes& node) { image.put_bytes(kNodeBlock * HostileImage::kBlockSize, node); }

/// All of the file failed, for the same reason; it is written as zeros.
void check_unmapped(HostileImage& image, const std::string& reason) {
  const Extraction run(image);
  BOOST_REQUIRE(!run.refused);
  const report::Entry file = run.entry("file");
  BOOST_TEST(file.status == "damaged");
  BOOST_TEST(bad_ranges(file) == (Texts{"0+4096 map: " + reason}), boost::test_tools::per_element());
  BOOST_TEST(file.hashes.empty());
  BOOST_TEST(run.content("file") == std::string(4096, '\0'));
  BOOST_TEST(run.outcome.summary.pages_bad == 1u);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_mappings)

BOOST_AUTO_TEST_CASE(an_extent_tree_that_points_at_itself) {
  HostileImage image = image_with_root(root_of_index(2));
  put_node(image, make_node<RawExtentIndex>(1, {index(0, kNodeBlock)}, HostileImage::kBlockSize));
  check_unmapped(image, "extent tree node in block 30: eh_depth is 1");
}

BOOST_AUTO_TEST_CASE(depths_that_lie) {
  for (const std::uint16_t depth : std::initializer_list<std::uint16_t>{6, 0x7fff, 0xffff}) {
    HostileImage image = image_with_root(root_of_index(depth));
    check_unmapped(image, "extent tree root: eh_depth is " + std::to_string(depth));
  }
  HostileImage shallow = image_with_root(root_of_index(1));
  put_node(shallow, make_node<RawExtentIndex>(3, {index(0, kNodeBlock)}, HostileImage::kBlockSize));
  check_unmapped(shallow, "extent tree node in block 30: eh_depth is 3");
}

BOOST_AUTO_TEST_CASE(an_index_that_points_where_no_node_can_be) {
  for (const std::uint64_t block :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{256}, (std::uint64_t{1} << 48) - 1}) {
    HostileImage image = image_with_root(make_node<RawExtentIndex>(1, {index(0, block)}, 60));
    check_unmapped(image, "extent tree node in block " + std::to_string(block) + ": no such block can be there");
  }
}

BOOST_AUTO_TEST_CASE(node_headers_that_lie) {
  HostileImage image = image_with_root(root_of_index(1));
  put_node(image, make_node<RawExtent>(0, {extent(0, 4, 40)}, HostileImage::kBlockSize));
  const std::uint64_t node = kNodeBlock * HostileImage::kBlockSize;
  image.put(node + offsetof(ext4::RawExtentHeader, eh_max), Le16(0xffff));
  image.put(node + offsetof(ext4::RawExtentHeader, eh_entries), Le16(0xffff));
  check_unmapped(image, "extent tree node in block 30: eh_max is 65535");
  image.put(node + offsetof(ext4::RawExtentHeader, eh_max), Le16(84));
  check_unmapped(image, "extent tree node in block 30: eh_entries is 65535");
}

BOOST_AUTO_TEST_CASE(extents_that_overlap_are_not_believed) {
  HostileImage image = image_with_root(make_node<RawExtent>(0, {extent(0, 3, 40), extent(2, 2, 60)}, 60));
  check_unmapped(image, "extent tree root: entry 1 for file block 2 is out of order");
}

BOOST_AUTO_TEST_CASE(an_extent_past_the_end_of_the_filesystem_fails_alone) {
  HostileImage image = image_with_root(make_node<RawExtent>(0, {extent(0, 2, 40), extent(2, 2, 255)}, 60));
  image.put_bytes(40 * kKib, as_bytes(std::string(2048, 'k')));
  const Extraction run(image);
  BOOST_TEST(run.entry("file").status == "damaged");
  BOOST_TEST(bad_ranges(run.entry("file")) ==
                 (Texts{"2048+2048 map: extent of file block 2: it lies at block 255, where no file can be"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.content("file") == std::string(2048, 'k') + std::string(2048, '\0'));
}

BOOST_AUTO_TEST_CASE(what_lies_past_the_end_of_the_image_is_read_faults) {
  HostileImage image;
  image.put_root({{12, "file"}});
  image.put_file(12, 40, 8 * 1024, 'f');
  const Extraction run(image.cut(44 * kKib));
  const report::Entry file = run.entry("file");
  BOOST_TEST(file.status == "damaged");
  BOOST_REQUIRE(file.pages);
  BOOST_REQUIRE(file.pages->bad.size() == 1u);
  BOOST_TEST(file.pages->bad[0].range.offset == 4096u);
  BOOST_TEST(file.pages->bad[0].range.length == 4096u);
  BOOST_TEST(file.pages->bad[0].step == "read");
  BOOST_TEST(!file.pages->bad[0].reason.empty());
  BOOST_TEST(file.pages->total == 2u);
  BOOST_TEST(file.pages->bad_count == 1u);
  BOOST_TEST(run.content("file") == std::string(4096, 'f') + std::string(4096, '\0'));
}

BOOST_AUTO_TEST_CASE(the_largest_file_without_extents_is_one_hole) {
  constexpr std::uint64_t kLargest = kKib << 32;
  HostileImage image = image_with_root(make_node<RawExtent>(0, {}, 60), kLargest);
  const auto volume = ext4::open(image.source());
  BOOST_REQUIRE(volume.has_value());
  const auto inode = (*volume)->inode({12});
  BOOST_REQUIRE(inode.has_value());
  BOOST_TEST((*inode)->facts().size == kLargest);
  const auto map = (*inode)->map();
  BOOST_REQUIRE(map.has_value());
  const read::MapPiece piece = map->piece(0, map->mapped_end());
  BOOST_TEST(piece.end == kLargest);
  BOOST_TEST(piece.faults.empty());
  BOOST_REQUIRE(piece.extents.size() == 1u);
  BOOST_TEST((piece.extents[0] == read::Extent{0, kLargest, read::ExtentKind::kHole, 0}));
  fscrypt::KeyRing keys;
  extract::PathSelection everything({});
  extract::TreeWalker walker(**volume, keys, everything);
  BOOST_TEST(walker.next()->path.empty());
  const auto item = walker.next();
  BOOST_TEST(item->path == "file");
  BOOST_TEST(item->problems.empty());
  BOOST_TEST(!walker.next());
}

BOOST_AUTO_TEST_CASE(a_size_past_what_extents_can_map_is_refused) {
  HostileImage image = image_with_root(make_node<RawExtent>(0, {}, 60), (kKib << 32) + 1);
  const auto volume = ext4::open(image.source());
  const auto inode = (*volume)->inode({12});
  BOOST_REQUIRE(inode.has_value());
  const auto map = (*inode)->map();
  BOOST_REQUIRE(!map);
  BOOST_TEST(map.error().message() == "inode 12: its size is larger than what extents can map");
}

BOOST_AUTO_TEST_CASE(a_negative_size_is_refused) {
  HostileImage image = image_with_root(make_node<RawExtent>(0, {}, 60), ~std::uint64_t{0});
  const auto volume = ext4::open(image.source());
  const auto inode = (*volume)->inode({12});
  BOOST_REQUIRE(inode.has_value());
  BOOST_TEST((*inode)->findings() == (Texts{"inode 12: its size is negative"}), boost::test_tools::per_element());
  const auto map = (*inode)->map();
  BOOST_REQUIRE(!map);
  BOOST_TEST(map.error().message() == "inode 12: its size is negative");
}

BOOST_AUTO_TEST_CASE(symlinks_whose_size_lies_have_no_target) {
  HostileImage image;
  image.put_root({{12, "fast"}, {13, "long"}});
  image.put_symlink(12, "target");
  image.put(HostileImage::inode_at(12) + offsetof(RawInode, i_size_lo), Le32(60));
  image.put_symlink(13, "target");
  image.put(HostileImage::inode_at(13) + offsetof(RawInode, i_size_lo), Le32(0xffffffff));
  const Extraction run(image);
  BOOST_TEST(run.entry("fast").problems ==
                 (Texts{"its target cannot be read: inode 12: a symlink without blocks has a target of 60 bytes; 1 to "
                        "59 fit into its inode"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.entry("long").problems ==
                 (Texts{"its target cannot be read: its target is longer than any that Linux takes"}),
             boost::test_tools::per_element());
  for (const char* path : {"fast", "long"}) {
    BOOST_TEST(run.entry(path).status == "damaged");
    BOOST_TEST(!run.entry(path).target);
  }
  BOOST_TEST(run.written() == (Texts{"out"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::hostile
