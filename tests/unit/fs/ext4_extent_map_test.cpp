#include "fs/ext4/extent_map.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/extent_node.hpp"
#include "tests/unit/fs/image_builder.hpp"
#include "tests/unit/fs/print_extent.hpp"

namespace coldread::ext4 {
namespace {

using read::Extent;
using read::ExtentKind;
using test::extent;
using test::ImageBuilder;
using test::index;
using test::make_node;

constexpr std::uint64_t kBlock = 1024;
constexpr std::uint64_t kAll = kMaxFileBlocks * kBlock;
constexpr std::uint32_t kChecksumSeed = 0x12345678;

/// A map over a root and whatever nodes a test puts into the image.
struct Tree {
  ExtentMap map() { return {image.filesystem(), root, kChecksumSeed}; }
  void leaf(std::uint64_t block, const std::vector<RawExtent>& extents) {
    image.put_bytes(block * kBlock, make_node(0, extents, kBlock));
  }
  void node(std::uint64_t block, std::uint16_t depth, const std::vector<RawExtentIndex>& entries) {
    image.put_bytes(block * kBlock, make_node(depth, entries, kBlock));
  }
  ImageBuilder image;
  Bytes root;
};

Tree with_root(const std::vector<RawExtent>& extents) {
  Tree tree;
  tree.root = make_node(0, extents, 60);
  return tree;
}

Tree with_root(std::uint16_t depth, const std::vector<RawExtentIndex>& entries) {
  Tree tree;
  tree.root = make_node(depth, entries, 60);
  return tree;
}

/// Expects exactly one fault, over the file blocks [begin, end).
void expect_fault(const read::MapPiece& piece, std::uint64_t begin, std::uint64_t end, const std::string& words) {
  BOOST_TEST_REQUIRE(piece.faults.size() == 1u);
  BOOST_TEST(piece.faults[0].range.offset == begin * kBlock);
  BOOST_TEST(piece.faults[0].range.length == (end - begin) * kBlock);
  BOOST_TEST(piece.faults[0].reason.find(words) != std::string::npos, piece.faults[0].reason);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_extent_map)

BOOST_AUTO_TEST_CASE(extents_in_the_root) {
  Tree tree = with_root({extent(0, 2, 100), extent(5, 0x8001, 200), extent(9, 1, 150)});
  const ExtentMap map = tree.map();
  const read::MapPiece piece = map.piece(0, 16 * kBlock);
  const std::vector<Extent> expected = {{0, 2048, ExtentKind::kStored, 102400},
                                        {5120, 1024, ExtentKind::kUnwritten, 0},
                                        {9216, 1024, ExtentKind::kStored, 153600}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(piece.faults.empty());
  BOOST_TEST(piece.end == 16384u);
  BOOST_TEST(map.end().value() == 10240u);
}

BOOST_AUTO_TEST_CASE(only_what_was_asked_for) {
  Tree tree = with_root({extent(0, 2, 100), extent(5, 3, 200), extent(9, 1, 150)});
  const read::MapPiece piece = tree.map().piece(6 * kBlock + 5, 7 * kBlock);
  const std::vector<Extent> expected = {{5120, 3072, ExtentKind::kStored, 204800}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(tree.map().piece(2 * kBlock, 5 * kBlock).extents.empty());
  BOOST_TEST(tree.map().piece(kAll, kAll + 5000).end == kAll + 5000);
}

BOOST_AUTO_TEST_CASE(lengths_at_the_boundary) {
  const auto decode = [](std::uint16_t ee_len) {
    const Bytes node = make_node(0, std::vector<RawExtent>{extent(0, ee_len, 0x123456789abc)}, 60);
    return ExtentNode::parse(ByteView(node), 0, {0, kMaxFileBlocks}, true).value().extent(0);
  };
  BOOST_TEST(decode(0x7fff).length == 32767u);
  BOOST_TEST(!decode(0x7fff).unwritten);
  BOOST_TEST(decode(0x8000).length == 32768u);
  BOOST_TEST(!decode(0x8000).unwritten);
  BOOST_TEST(decode(0x8001).length == 1u);
  BOOST_TEST(decode(0x8001).unwritten);
  BOOST_TEST(decode(0xffff).length == 32767u);
  BOOST_TEST(decode(0xffff).unwritten);
  BOOST_TEST(decode(0).length == 0u);
  BOOST_TEST(decode(1).start == 0x123456789abcu);
}

BOOST_AUTO_TEST_CASE(neighbours_are_merged) {
  Tree tree = with_root({extent(0, 2, 100), extent(2, 3, 102), extent(5, 1, 90), extent(6, 0x8002, 91)});
  const read::MapPiece piece = tree.map().piece(0, 8 * kBlock);
  const std::vector<Extent> expected = {{0, 5120, ExtentKind::kStored, 102400},
                                        {5120, 1024, ExtentKind::kStored, 92160},
                                        {6144, 2048, ExtentKind::kUnwritten, 0}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_tree_of_two_levels) {
  Tree tree = with_root(2, {index(0, 20), index(1000, 23)});
  tree.node(20, 1, {index(0, 21), index(10, 22)});
  tree.leaf(21, {extent(0, 1, 100)});
  tree.leaf(22, {extent(10, 2, 110), extent(20, 1, 120)});
  tree.node(23, 1, {index(1000, 24)});
  tree.leaf(24, {extent(1000, 4, 130)});
  const read::MapPiece piece = tree.map().piece(0, kAll);
  const std::vector<Extent> expected = {{0, 1024, ExtentKind::kStored, 102400},
                                        {10240, 2048, ExtentKind::kStored, 112640},
                                        {20480, 1024, ExtentKind::kStored, 122880},
                                        {1024000, 4096, ExtentKind::kStored, 133120}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(piece.faults.empty());
  BOOST_TEST(tree.map().end().value() == 1028096u);
}

BOOST_AUTO_TEST_CASE(a_bad_node_costs_its_own_range) {
  Tree tree = with_root(1, {index(0, 20), index(10, 21), index(30, 22)});
  tree.leaf(20, {extent(0, 1, 100)});
  tree.leaf(21, {extent(10, 1, 101)});
  tree.leaf(22, {extent(30, 1, 102)});
  tree.image.put(21 * kBlock, Le16(0x1234));
  const read::MapPiece piece = tree.map().piece(0, 64 * kBlock);
  BOOST_TEST(piece.extents.size() == 2u);
  expect_fault(piece, 10, 30, "block 21: eh_magic");
  expect_fault(tree.map().piece(15 * kBlock, 20 * kBlock), 15, 20, "block 21");  // clipped to what was asked for
}

BOOST_AUTO_TEST_CASE(a_bad_root_costs_everything) {
  Tree tree = with_root({extent(0, 1, 100)});
  tree.root[0] = std::byte{0};
  expect_fault(tree.map().piece(3 * kBlock, 9 * kBlock), 3, 9, "root: eh_magic");
  BOOST_TEST(!tree.map().end().has_value());

  tree = with_root(6, {index(0, 20)});
  expect_fault(tree.map().piece(0, kBlock), 0, 1, "eh_depth is 6");
}

BOOST_AUTO_TEST_CASE(depth_falls_by_one_so_that_no_loop_ends_it_all) {
  Tree tree = with_root(2, {index(0, 20)});
  tree.node(20, 1, {index(0, 20)});  // itself
  expect_fault(tree.map().piece(0, 4 * kBlock), 0, 4, "eh_depth is 1");
  BOOST_TEST(!tree.map().end().has_value());
}

BOOST_AUTO_TEST_CASE(a_child_where_none_can_be) {
  Tree tree = with_root(1, {index(0, 1), index(10, 0), index(20, 256), index(30, 0xffffffffffff)});
  const read::MapPiece piece = tree.map().piece(0, 40 * kBlock);
  BOOST_TEST(piece.extents.empty());
  BOOST_TEST(piece.faults.size() == 4u);
}

BOOST_AUTO_TEST_CASE(headers) {
  const BlockRange whole{0, kMaxFileBlocks};
  const auto reason = [&](std::uint16_t entries, std::uint16_t max, std::uint16_t depth) {
    Bytes node = make_node(depth, std::vector<RawExtent>{extent(0, 1, 100)}, 60);
    const RawExtentHeader header{kExtentMagic, entries, max, depth, 0};
    std::memcpy(node.data(), &header, sizeof(header));
    const auto parsed = ExtentNode::parse(ByteView(node), depth, whole, true);
    return parsed ? std::string() : parsed.error();
  };
  BOOST_TEST(reason(1, 4, 0) == "");
  BOOST_TEST(reason(0, 4, 0) == "");
  BOOST_TEST(reason(1, 5, 0) == "eh_max is 5");
  BOOST_TEST(reason(1, 0, 0) == "eh_max is 0");
  BOOST_TEST(reason(5, 4, 0) == "eh_entries is 5");
  BOOST_TEST(reason(0, 4, 1) == "eh_entries is 0");
}

BOOST_AUTO_TEST_CASE(entries_out_of_order) {
  for (const auto& entries : std::vector<std::vector<RawExtent>>{
           {extent(10, 5, 100), extent(5, 1, 110)},   // falls
           {extent(10, 5, 100), extent(14, 1, 110)},  // overlaps
           {extent(10, 5, 100), extent(10, 1, 110)},  // the same place
       }) {
    Tree tree = with_root(entries);
    const read::MapPiece piece = tree.map().piece(0, 20 * kBlock);
    BOOST_TEST(piece.extents.empty());
    expect_fault(piece, 0, 20, "out of order");
  }
}

BOOST_AUTO_TEST_CASE(a_leaf_is_held_to_its_parent) {
  Tree tree = with_root(1, {index(0, 20), index(10, 21)});
  tree.leaf(20, {extent(0, 12, 100)});
  tree.leaf(21, {extent(11, 1, 120)});
  const read::MapPiece piece = tree.map().piece(0, 20 * kBlock);
  BOOST_TEST(piece.extents.empty());
  BOOST_TEST_REQUIRE(piece.faults.size() == 2u);
  BOOST_TEST((piece.faults[0].range == source::ByteRange{0, 10 * kBlock}));  // reaches past its node's range
  BOOST_TEST((piece.faults[1].range == source::ByteRange{10 * kBlock, 10 * kBlock}));

  tree.leaf(20, {extent(0, 1, 100), extent(10, 1, 101)});
  expect_fault(tree.map().piece(0, 10 * kBlock), 0, 10, "past its node's range");
}

BOOST_AUTO_TEST_CASE(an_impossible_extent_costs_its_own_range) {
  Tree tree = with_root({extent(0, 2, 100), extent(2, 0, 110), extent(6, 2, 0), extent(8, 2, 255)});
  const read::MapPiece piece = tree.map().piece(0, 20 * kBlock);
  BOOST_TEST(piece.extents.size() == 1u);
  BOOST_TEST_REQUIRE(piece.faults.size() == 3u);
  BOOST_TEST((piece.faults[0].range == source::ByteRange{2 * kBlock, 4 * kBlock}));  // empty: up to the next one
  BOOST_TEST((piece.faults[1].range == source::ByteRange{6 * kBlock, 2 * kBlock}));  // block 0
  BOOST_TEST((piece.faults[2].range == source::ByteRange{8 * kBlock, 2 * kBlock}));  // past s_blocks_count
}

BOOST_AUTO_TEST_CASE(a_truncated_image_keeps_its_extents) {
  Tree tree = with_root({extent(0, 2, 250)});
  tree.image.bytes.resize(100 * kBlock);
  const read::MapPiece piece = tree.map().piece(0, 2 * kBlock);
  BOOST_TEST(piece.extents.size() == 1u);
  BOOST_TEST(piece.faults.empty());
}

BOOST_AUTO_TEST_CASE(the_last_block_of_a_file) {
  Tree tree = with_root({extent(0xffffffff, 1, 100)});
  BOOST_TEST(tree.map().end().value() == kAll);
  BOOST_TEST(tree.map().piece(kAll - 1, kAll).extents.size() == 1u);

  tree = with_root({extent(0xffffffff, 2, 100)});
  BOOST_TEST(!tree.map().end().has_value());
  expect_fault(tree.map().piece(0, kAll), 0xffffffff, kMaxFileBlocks, "past its node's range");
}

BOOST_AUTO_TEST_CASE(an_empty_file_ends_at_0) {
  Tree tree = with_root(std::vector<RawExtent>{});
  BOOST_TEST(tree.map().end().value() == 0u);
  const read::MapPiece piece = tree.map().piece(0, 5000);
  BOOST_TEST(piece.extents.empty());
  BOOST_TEST(piece.end == 5000u);
}

BOOST_AUTO_TEST_CASE(work_is_bounded_and_goes_on) {
  // 20 leaves of 84 extents, none of which touches the next.
  std::vector<RawExtentIndex> leaves;
  Tree tree = with_root(2, {index(0, 20)});
  for (std::uint32_t i = 0; i < 20; ++i) {
    leaves.push_back(index(i * 168, 30 + i));
    std::vector<RawExtent> extents;
    for (std::uint32_t k = 0; k < 84; ++k) extents.push_back(extent(i * 168 + k * 2, 1, 100));
    tree.leaf(30 + i, extents);
  }
  tree.node(20, 1, leaves);
  const ExtentMap map = tree.map();
  std::uint64_t at = 0;
  std::size_t extents = 0;
  int pieces = 0;
  while (at < 4000 * kBlock) {
    const read::MapPiece piece = map.piece(at, 4000 * kBlock);
    BOOST_TEST_REQUIRE(piece.end > at);
    BOOST_TEST(piece.extents.size() <= 1084u);
    BOOST_TEST(piece.faults.empty());
    extents += piece.extents.size();
    at = piece.end;
    ++pieces;
  }
  BOOST_TEST(extents == 1680u);
  BOOST_TEST(pieces == 2);
}

BOOST_AUTO_TEST_CASE(a_wrong_checksum_of_a_node_is_a_finding_and_its_extents_are_taken) {
  Tree tree = with_root(1, {index(0, 20), index(10, 21)});
  tree.image.super.s_feature_ro_compat = kRoCompatMetadataChecksum;
  tree.leaf(20, {extent(0, 1, 100)});
  tree.leaf(21, {extent(10, 1, 101)});
  // The tail follows 84 entries, for which a node of 1024 bytes has room, and 4 bytes are left.
  const ByteView summed = *ByteView(tree.image.bytes).sub(21 * kBlock, 1020);
  tree.image.put(21 * kBlock + 1020, Le32(crc32c(kChecksumSeed, summed.span())));
  const ExtentMap map = tree.map();
  BOOST_TEST(map.findings().empty());
  BOOST_TEST(map.piece(0, kAll).extents.size() == 2u);
  const Findings expected = {"extent tree node in block 20: its checksum is wrong"};
  BOOST_TEST(map.findings() == expected, boost::test_tools::per_element());

  tree.image.super.s_feature_ro_compat = 0;
  const ExtentMap unchecked = tree.map();
  BOOST_TEST(unchecked.piece(0, kAll).extents.size() == 2u);
  BOOST_TEST(unchecked.findings().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
