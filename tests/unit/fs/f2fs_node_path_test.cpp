#include "fs/f2fs/node_path.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace coldread::f2fs {
namespace {

/// A direct node, found by walking a whole tree.
struct Leaf {
  std::vector<std::uint32_t> indexes;  ///< of the numbers on the way to it
  std::vector<std::uint32_t> offsets;  ///< of the nodes on the way, itself last
  std::uint64_t first = 0;             ///< block of the file
};

/// Walks a whole tree and numbers its nodes as they come, as f2fs does.
class Enumeration {
 public:
  explicit Enumeration(const TreeShape& shape) : blocks(shape.inode_addrs), shape_(shape) {
    std::uint32_t tree = 0;
    for (const unsigned depth : {1u, 1u, 2u, 2u, 3u}) descend(tree++, depth);
  }

  std::vector<Leaf> leaves;
  std::vector<std::uint32_t> indirect;  ///< offsets of nodes that hold no addresses
  std::uint64_t blocks;                 ///< of the file

 private:
  void descend(std::uint32_t index, unsigned depth) {  // NOLINT(misc-no-recursion): three levels deep
    indexes_.push_back(index);
    offsets_.push_back(offset_++);
    if (depth == 1) {
      leaves.push_back({indexes_, offsets_, blocks});
      blocks += shape_.direct_addrs;
    } else {
      indirect.push_back(offsets_.back());
      for (std::uint32_t i = 0; i < shape_.nids; ++i) descend(i, depth - 1);
    }
    indexes_.pop_back();
    offsets_.pop_back();
  }

  TreeShape shape_;
  std::uint32_t offset_ = 1;
  std::vector<std::uint32_t> indexes_;
  std::vector<std::uint32_t> offsets_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_node_path)

BOOST_AUTO_TEST_CASE(every_block_of_small_trees) {
  for (const TreeShape& shape : {TreeShape{3, 4, 5}, TreeShape{0, 1, 1}, TreeShape{8, 4, 6}, TreeShape{1, 7, 2}}) {
    const Enumeration all(shape);
    BOOST_TEST(shape.max_blocks() == all.blocks);
    for (std::uint64_t block = 0; block < shape.inode_addrs; ++block) {
      const auto path = node_path(shape, block);
      BOOST_REQUIRE(path.has_value());
      BOOST_TEST(path->depth == 0u);
      BOOST_TEST(path->first_block == 0u);
      BOOST_TEST(path->blocks == shape.inode_addrs);
    }
    for (const Leaf& leaf : all.leaves) {
      BOOST_TEST(first_block_of(shape, leaf.offsets.back()).value() == leaf.first);
      for (std::uint64_t block = leaf.first; block < leaf.first + shape.direct_addrs; ++block) {
        const auto path = node_path(shape, block);
        BOOST_REQUIRE(path.has_value());
        BOOST_REQUIRE(path->depth == leaf.indexes.size());
        BOOST_TEST(path->first_block == leaf.first);
        BOOST_TEST(path->blocks == shape.direct_addrs);
        for (unsigned level = 0; level < path->depth; ++level) {
          const NodePath::Step& step = path->steps[level];
          BOOST_TEST(step.index == leaf.indexes[level]);
          BOOST_TEST(step.node_offset == leaf.offsets[level]);
          BOOST_TEST((step.first_block <= block && block < step.first_block + step.blocks));
        }
      }
    }
    for (const std::uint32_t offset : all.indirect) BOOST_TEST(!first_block_of(shape, offset));
    const std::uint32_t nodes = all.leaves.back().offsets.back() + 1;
    for (const std::uint32_t offset : {nodes, nodes + 1, 0x1fffffffu, 0xffffffffu}) {
      BOOST_TEST(!first_block_of(shape, offset));
    }
    BOOST_TEST(!node_path(shape, all.blocks));
    BOOST_TEST(!node_path(shape, ~std::uint64_t{0}));
    BOOST_TEST(first_block_of(shape, 0).value() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(subtrees_of_real_files) {
  const TreeShape shape{923, 1018, 1018};
  BOOST_TEST(shape.max_blocks() == 1057053439u);
  struct Expected {
    std::uint64_t block;
    unsigned depth;
    std::vector<std::uint32_t> offsets;
  };
  // node.h: direct nodes 1 and 2, indirect ones 3 and 4 + N, the double indirect one 5 + 2N.
  const std::vector<Expected> all = {
      {923, 1, {1}},
      {923 + 1018, 1, {2}},
      {923 + 2 * 1018, 2, {3, 4}},
      {923 + 2 * 1018 + 1018 * 1018 - 1, 2, {3, 3 + 1018}},
      {923 + 2 * 1018 + 1018 * 1018, 2, {4 + 1018, 5 + 1018}},
      {923 + 2 * 1018 + 2 * 1018 * 1018, 3, {5 + 2 * 1018, 6 + 2 * 1018, 7 + 2 * 1018}},
      {923 + 2 * 1018 + 3 * 1018 * 1018, 3, {5 + 2 * 1018, 7 + 3 * 1018, 8 + 3 * 1018}},
      {1057053438, 3, {2041, 2042 + 1017 * 1019, 2042 + 1017 * 1019 + 1018}},
  };
  for (const Expected& e : all) {
    const auto path = node_path(shape, e.block);
    BOOST_REQUIRE(path.has_value());
    BOOST_REQUIRE(path->depth == e.depth);
    for (unsigned level = 0; level < e.depth; ++level) BOOST_TEST(path->steps[level].node_offset == e.offsets[level]);
  }
  const TreeShape large{16283, 16378, 16378};
  const auto last = node_path(large, large.max_blocks() - 1);
  BOOST_REQUIRE(last.has_value());
  BOOST_TEST(last->steps[2].node_offset == 5u + 2 * 16378 + 16378ull * 16379);
  BOOST_TEST(last->steps[2].node_offset < 0x1fffffffu);
  BOOST_TEST(first_block_of(large, last->steps[2].node_offset).value() == large.max_blocks() - 16378);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
