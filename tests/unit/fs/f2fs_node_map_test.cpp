#include "fs/f2fs/node_map.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/f2fs/block_use.hpp"
#include "fs/f2fs/inode_map.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"
#include "tests/unit/fs/print_extent.hpp"

namespace coldread::f2fs {
namespace {

using read::Extent;
using read::ExtentKind;
using test::ImageBuilder;
using test::InodeImage;

constexpr std::uint64_t kK = 4096;

/// The whole map of kFile, asked for from start to end; `pieces` counts the pieces it came in.
struct Whole {
  explicit Whole(ImageBuilder& image, std::uint64_t begin = 0, std::uint64_t end = 0)
      : Whole(image.filesystem(), begin, end) {}
  explicit Whole(const std::shared_ptr<const Filesystem>& filesystem, std::uint64_t begin = 0, std::uint64_t end = 0) {
    const auto record = read_inode(*filesystem, {ImageBuilder::kFile});
    BOOST_REQUIRE(record.has_value());
    const auto map = map_inode(filesystem, *record, 0);
    BOOST_REQUIRE(map.has_value());
    size = map->size();
    if (end == 0) end = size;
    while (begin < end) {
      read::MapPiece piece = map->piece(begin, end);
      BOOST_REQUIRE((piece.end > begin && piece.end <= end));
      begin = piece.end;
      ++pieces;
      for (const Extent& extent : piece.extents) add(extent);
      for (const read::MapFault& fault : piece.faults) {
        faults.push_back(std::to_string(fault.range.offset) + "+" + std::to_string(fault.range.length) + " " +
                         fault.reason);
      }
    }
    findings = map->findings();
  }
  void add(const Extent& extent) {
    if (!extents.empty() && extents.back().kind == extent.kind && extents.back().file_end() == extent.file_offset &&
        (!has_source(extent.kind) || extents.back().source_offset + extents.back().length == extent.source_offset)) {
      extents.back().length += extent.length;
      return;
    }
    extents.push_back(extent);
  }

  std::vector<Extent> extents;
  std::vector<std::string> faults;
  Findings findings;
  std::uint64_t size = 0;
  unsigned pieces = 0;
};

void check(const Whole& whole, const std::vector<Extent>& extents, const std::vector<std::string>& faults = {}) {
  BOOST_TEST(whole.extents == extents, boost::test_tools::per_element());
  BOOST_TEST(whole.faults == faults, boost::test_tools::per_element());
}

InodeImage file(std::uint64_t blocks, std::uint64_t block_size = kK) {
  InodeImage image;
  image.raw.i_size = blocks * block_size;
  return image;
}

InodeImage compressed(std::uint64_t blocks) {
  InodeImage image = file(blocks);
  image.raw.i_flags = kComprFl;
  image.extra.emplace();
  image.extra->i_extra_isize = 36;
  image.extra->i_log_cluster_size = 2;
  return image;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_node_map)

BOOST_AUTO_TEST_CASE(addresses_in_the_inode) {
  ImageBuilder image;
  InodeImage inode = file(8);
  const std::uint32_t m = image.main(3072);
  inode.addrs = {{0, m}, {1, m + 1}, {2, m + 3}, {4, kNewAddr}, {5, kNewAddr}, {6, m + 2}};
  image.add_inode(5, 0, inode);
  check(Whole(image), {{0, 2 * kK, ExtentKind::kStored, m * kK},
                       {2 * kK, kK, ExtentKind::kStored, (m + 3) * kK},
                       {3 * kK, kK, ExtentKind::kHole, 0},
                       {4 * kK, 2 * kK, ExtentKind::kUnwritten, 0},
                       {6 * kK, kK, ExtentKind::kStored, (m + 2) * kK},
                       {7 * kK, kK, ExtentKind::kHole, 0}});
  // From the middle of a block to the middle of another.
  check(Whole(image, 100, kK + 1), {{100, kK - 99, ExtentKind::kStored, m * kK + 100}});
}

BOOST_AUTO_TEST_CASE(addresses_that_cannot_be) {
  ImageBuilder image;
  InodeImage inode = file(6);
  const std::uint32_t end = image.main(16 * 512);
  inode.addrs = {{0, 1}, {1, image.main(0) - 1}, {2, end}, {3, end - 1}, {4, kCompressAddr}, {5, 1}};
  image.add_inode(5, 0, inode);
  check(Whole(image),
        {{0, 3 * kK, ExtentKind::kHole, 0},
         {3 * kK, kK, ExtentKind::kStored, (end - 1) * kK},
         {4 * kK, 2 * kK, ExtentKind::kHole, 0}},
        {"0+4096 it lies at block 1, where no file can be", "4096+4096 it lies at block 5119, where no file can be",
         "8192+4096 it lies at block 13312, where no file can be",
         "16384+4096 the mark of a compressed cluster, where none can begin",
         "20480+4096 it lies at block 1, where no file can be"});
}

BOOST_AUTO_TEST_CASE(all_five_subtrees) {
  for (const unsigned bits : {12u, 16u}) {
    ImageBuilder image(bits);
    const std::uint64_t k = image.block_size();
    const std::uint64_t a = bits == 12 ? 923 : 16283;
    const std::uint64_t n = bits == 12 ? 1018 : 16378;
    const auto offset = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
    InodeImage inode = file(a + 2 * n + 3 * n * n, k);
    inode.nids = {20, 21, 22, 23, 24};
    image.add_inode(5, 0, inode);
    const std::uint32_t m = image.main(3072);
    const auto last = offset(n - 1);
    image.add_node(20, 5, 1, image.node(20, 5, 1, {{0, m}}));
    image.add_node(21, 5, 2, image.node(21, 5, 2, {{last, m + 1}}));
    image.add_node(22, 5, 3, image.node(22, 5, 3, {{last, 30}}));
    image.add_node(30, 5, 4, image.node(30, 5, offset(3 + n), {{last, m + 2}}));
    image.add_node(23, 5, 5, image.node(23, 5, offset(4 + n), {{0, 31}}));
    image.add_node(31, 5, 6, image.node(31, 5, offset(5 + n), {{1, m + 3}}));
    image.add_node(24, 5, 7, image.node(24, 5, offset(5 + 2 * n), {{1, 32}}));
    image.add_node(32, 5, 8, image.node(32, 5, offset(7 + 3 * n), {{2, 33}}));
    image.add_node(33, 5, 9, image.node(33, 5, offset(7 + 3 * n + 3), {{5, m + 5}}));
    const std::uint64_t second = a + 2 * n;
    const auto stored = [&](std::uint64_t block, std::uint32_t at) {
      return Extent{block * k, k, ExtentKind::kStored, at * k};
    };
    std::vector<Extent> expected;
    std::uint64_t reached = 0;
    for (const Extent& extent :
         {stored(a, m), stored(a + 2 * n - 1, m + 1), stored(second + n * n - 1, m + 2),
          stored(second + n * n + 1, m + 3), stored(second + 2 * n * n + n * n + 2 * n + 5, m + 5)}) {
      if (extent.file_offset >= inode.raw.i_size) continue;
      expected.push_back({reached, extent.file_offset - reached, ExtentKind::kHole, 0});
      expected.push_back(extent);
      reached = extent.file_end();
    }
    InodeImage longer = inode;
    longer.raw.i_size = (second + 3 * n * n + 2 * n + 6) * k;
    image.add_inode(5, 0, longer);
    const Whole whole(image);
    std::vector<Extent> all(expected.begin(), expected.end());
    if (all.size() == 8) {  // the last one lies past the shorter size
      all.push_back({reached, (second + 3 * n * n + 2 * n + 5) * k - reached, ExtentKind::kHole, 0});
      all.push_back(stored(second + 3 * n * n + 2 * n + 5, m + 5));
    }
    check(whole, all);
    BOOST_TEST(whole.pieces < 10u);
  }
}

BOOST_AUTO_TEST_CASE(nodes_that_are_not_to_be_had) {
  ImageBuilder image;
  InodeImage inode = file(923 + 2 * 1018 + 2 * 1018);
  inode.nids = {20, 21, 22, 0, 0};
  image.add_inode(5, 0, inode);
  image.add_node(20, 6, 1, image.node(20, 6, 1, {}));
  image.add_node(21, 5, 2, image.node(21, 5, 1, {}));
  image.add_node(22, 5, 3, image.node(22, 5, 3, {{0, 22}, {1, 5}}));  // itself, and its inode
  const std::uint64_t first = 923 * kK;
  const std::uint64_t node = 1018 * kK;
  check(Whole(image), {{0, first + 4 * node, ExtentKind::kHole, 0}},
        {std::to_string(first) + "+4169728 node 20: it belongs to inode 6",
         std::to_string(first + node) + "+4169728 node 21: it is at node offset 1, not 2",
         std::to_string(first + 2 * node) + "+4169728 node 22: it is at node offset 3, not 4",
         std::to_string(first + 3 * node) + "+4169728 node 5: it is an inode"});
}

BOOST_AUTO_TEST_CASE(an_indirect_node_that_is_lost_takes_all_below_it) {
  ImageBuilder image;
  InodeImage inode = file(923 + 2 * 1018 + 1018 * 1018 + 1);
  inode.nids = {0, 0, 22, 0, 0};
  image.add_inode(5, 0, inode);
  const std::uint64_t begin = (923 + 2 * 1018) * kK;
  check(Whole(image), {{0, inode.raw.i_size, ExtentKind::kHole, 0}},
        {std::to_string(begin) + "+" + std::to_string(kK * 1018 * 1018) + " node 22: it is not in use"});
}

BOOST_AUTO_TEST_CASE(more_blocks_than_a_file_can_have) {
  ImageBuilder image;
  InodeImage inode = file(1057053439 + 3);
  image.add_inode(5, 0, inode);
  check(Whole(image), {{0, inode.raw.i_size, ExtentKind::kHole, 0}},
        {std::to_string(1057053439 * kK) + "+12288 no file can have so many blocks"});
  inode.raw.i_size = ~std::uint64_t{0};
  image.add_inode(5, 0, inode);
  const std::uint64_t most = 1057053439 * kK;
  check(Whole(image), {{0, ~std::uint64_t{0}, ExtentKind::kHole, 0}},
        {std::to_string(most) + "+" + std::to_string(~std::uint64_t{0} - most) + " no file can have so many blocks"});
}

BOOST_AUTO_TEST_CASE(a_map_in_many_pieces_is_the_same_map) {
  ImageBuilder image;
  InodeImage inode = file(923 + 2 * 1018);
  inode.nids = {20, 21, 0, 0, 0};
  // No two blocks follow each other.
  for (std::uint32_t i = 0; i < 923; ++i) inode.addrs[i] = image.main(3072 + 2 * (922 - i));
  std::map<std::uint32_t, std::uint32_t> first, second;
  for (std::uint32_t i = 0; i < 1018; ++i) {
    first[i] = image.main(5000 + 2 * i);
    second[i] = image.main(5001 + 2 * i);
  }
  image.add_inode(5, 0, inode);
  image.add_node(20, 5, 1, image.node(20, 5, 1, first));
  image.add_node(21, 5, 2, image.node(21, 5, 2, second));
  const Whole whole(image);
  BOOST_TEST(whole.pieces >= 2u);
  BOOST_REQUIRE(whole.extents.size() == 923u + 2 * 1018);
  for (std::uint32_t i = 0; i < whole.extents.size(); ++i) {
    const std::uint32_t at = i < 923 ? inode.addrs[i] : i < 923 + 1018 ? first[i - 923] : second[i - 923 - 1018];
    BOOST_REQUIRE((whole.extents[i] == Extent{i * kK, kK, ExtentKind::kStored, at * kK}));
  }
}

BOOST_AUTO_TEST_CASE(compressed_clusters) {
  ImageBuilder image;
  image.super.feature = kFeatureExtraAttr | kFeatureCompression;
  InodeImage inode = compressed(24);
  const std::uint32_t m = image.main(3072);
  const std::uint32_t c = kCompressAddr;
  inode.addrs = {{0, c},        {1, m},      {2, m + 1},                      // two blocks of four
                 {4, m + 2},    {5, m + 3},  {6, m + 4},     {7, 0},          // not compressed
                 {8, c},        {9, m + 8},  {10, kNewAddr}, {11, kNewAddr},  // what it may need is kept
                 {12, c},       {13, m + 9}, {14, m + 20},   {15, m + 10},    // apart
                 {20, kNewAddr}};
  image.add_inode(5, 0, inode);
  check(Whole(image), {{0, kK, ExtentKind::kHole, 0},
                       {kK, 2 * kK, ExtentKind::kCompressed, m * kK},
                       {3 * kK, kK, ExtentKind::kHole, 0},
                       {4 * kK, 3 * kK, ExtentKind::kStored, (m + 2) * kK},
                       {7 * kK, 2 * kK, ExtentKind::kHole, 0},
                       {9 * kK, kK, ExtentKind::kCompressed, (m + 8) * kK},
                       {10 * kK, 3 * kK, ExtentKind::kHole, 0},
                       {13 * kK, kK, ExtentKind::kCompressed, (m + 9) * kK},
                       {14 * kK, kK, ExtentKind::kCompressed, (m + 20) * kK},
                       {15 * kK, kK, ExtentKind::kCompressed, (m + 10) * kK},
                       {16 * kK, 4 * kK, ExtentKind::kHole, 0},
                       {20 * kK, kK, ExtentKind::kUnwritten, 0},
                       {21 * kK, 3 * kK, ExtentKind::kHole, 0}});
  // A cluster is whole, wherever it is asked for.
  check(Whole(image, 2 * kK, 3 * kK), {{2 * kK, kK, ExtentKind::kCompressed, (m + 1) * kK}});
}

BOOST_AUTO_TEST_CASE(compressed_clusters_that_cannot_be) {
  ImageBuilder image;
  image.super.feature = kFeatureExtraAttr | kFeatureCompression;
  InodeImage inode = compressed(24);
  const std::uint32_t m = image.main(3072);
  const std::uint32_t c = kCompressAddr;
  inode.addrs = {{0, c},                                            // no blocks
                 {4, c},  {5, m},         {6, 0},      {7, m + 1},  // a gap
                 {8, c},  {9, m},         {10, c},                  // two marks
                 {12, c}, {13, kNewAddr}, {14, m},                  // a gap at once
                 {16, m}, {17, c},        {18, m + 1},              // a mark within
                 {20, c}, {21, m},        {22, 1}};                 // a bad address
  image.add_inode(5, 0, inode);
  const Whole whole(image);
  BOOST_TEST(whole.faults ==
                 (std::vector<std::string>{"0+16384 a compressed cluster has no blocks",
                                           "16384+49152 the blocks of a compressed cluster do not follow each other",
                                           "69632+4096 the mark of a compressed cluster, where none can begin",
                                           "90112+4096 it lies at block 1, where no file can be"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(clusters_do_not_cross_nodes) {
  ImageBuilder image;
  image.super.feature = kFeatureExtraAttr | kFeatureCompression;
  InodeImage inode = compressed(912 + 4);
  inode.nids = {20, 0, 0, 0, 0};
  inode.addrs = {{908, kCompressAddr}, {909, image.main(3072)}, {912, 1}, {913, 1}};  // two words are left over
  image.add_inode(5, 0, inode);
  image.add_node(20, 5, 1, image.node(20, 5, 1, {{0, kCompressAddr}, {1, image.main(3073)}, {1016, 1}, {1017, 1}}));
  check(Whole(image), {{0, 909 * kK, ExtentKind::kHole, 0},
                       {909 * kK, kK, ExtentKind::kCompressed, image.main(3072) * kK},
                       {910 * kK, 3 * kK, ExtentKind::kHole, 0},
                       {913 * kK, kK, ExtentKind::kCompressed, image.main(3073) * kK},
                       {914 * kK, 2 * kK, ExtentKind::kHole, 0}});
}

BOOST_AUTO_TEST_CASE(inline_data) {
  ImageBuilder image;
  InodeImage inode;
  inode.raw.i_inline = kInlineData | kDataExist;
  inode.raw.i_size = 10;
  image.add_inode(5, 3, inode);
  const std::uint64_t at = image.main(3) * kK + 364;
  check(Whole(image), {{0, 10, ExtentKind::kInline, at}});
  inode.raw.i_size = 3688;
  image.add_inode(5, 3, inode);
  check(Whole(image), {{0, 3688, ExtentKind::kInline, at}});
  inode.raw.i_size = 0;
  image.add_inode(5, 3, inode);
  check(Whole(image), {});
}

BOOST_AUTO_TEST_CASE(an_aliased_device) {
  ImageBuilder image;
  image.super.feature = kFeatureDeviceAlias;
  InodeImage inode = file(512);
  inode.raw.i_flags = kDeviceAliasFl;
  inode.raw.i_inline = kPinFile;
  inode.raw.i_ext = {0, image.main(4096), 512};
  image.add_inode(5, 0, inode);
  check(Whole(image), {{0, 512 * kK, ExtentKind::kStored, image.main(4096) * kK}});
  for (const RawExtent& bad : {RawExtent{0, image.main(4096), 0}, RawExtent{0, image.main(0) - 1, 1},
                               RawExtent{0, image.main(16 * 512 - 1), 2}, RawExtent{0, 0xffffffff, 0xffffffff}}) {
    inode.raw.i_ext = bad;
    image.add_inode(5, 0, inode);
    const auto filesystem = image.filesystem();
    const auto map = map_inode(filesystem, read_inode(*filesystem, {5}).value(), 0);
    BOOST_REQUIRE(!map);
    BOOST_TEST(map.error().message() == "inode 5: it aliases blocks where no file can be");
  }
}

BOOST_AUTO_TEST_CASE(blocks_that_a_newer_checkpoint_freed) {
  ImageBuilder image;
  InodeImage inode = file(3);
  inode.addrs = {{0, image.main(3072)}, {1, image.main(3073)}, {2, image.main(3584)}};
  image.add_inode(5, 0, inode);
  image.put_sit(6, {0});
  image.packs[0].sit_journal = {{7, ImageBuilder::sit_entry({0})}};
  Filesystem filesystem = *image.filesystem(9);
  const auto newer = image.filesystem(10);
  filesystem.newer_use =
      std::make_shared<const BlockUse>(*image.disk, newer->superblock(), newer->checkpoint, newer->journals);
  const Whole whole(std::make_shared<const Filesystem>(filesystem));
  check(whole, {{0, 2 * kK, ExtentKind::kStored, image.main(3072) * kK},
                {2 * kK, kK, ExtentKind::kStored, image.main(3584) * kK}});
  BOOST_TEST(whole.findings ==
                 (Findings{"block 1 of the file is free by the newer checkpoint, and may hold something else since"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
