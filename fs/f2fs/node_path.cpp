#include "fs/f2fs/node_path.hpp"

namespace coldread::f2fs {
namespace {

/// The five subtrees of an inode, in the order of i_nid: their depth.
constexpr std::array<unsigned, 5> kDepths{1, 1, 2, 2, 3};

/// Blocks under a node that is `depth` levels above the data.
std::uint64_t blocks_under(const TreeShape& shape, unsigned depth) {
  std::uint64_t blocks = shape.direct_addrs;
  for (; depth > 1; --depth) blocks *= shape.nids;
  return blocks;
}

/// Nodes of a subtree of that depth, itself among them: by so much the node offsets of its siblings differ.
std::uint32_t nodes_under(const TreeShape& shape, unsigned depth) {
  std::uint32_t nodes = 1;
  for (; depth > 1; --depth) nodes = nodes * shape.nids + 1;
  return nodes;
}

}  // namespace

std::uint64_t TreeShape::max_blocks() const {
  std::uint64_t blocks = inode_addrs;
  for (const unsigned depth : kDepths) blocks += blocks_under(*this, depth);
  return blocks;
}

std::optional<NodePath> node_path(const TreeShape& shape, std::uint64_t block) {
  NodePath path;
  if (block < shape.inode_addrs) {
    path.blocks = shape.inode_addrs;
    return path;
  }
  std::uint64_t first = shape.inode_addrs;
  std::uint32_t offset = 1;
  for (std::uint32_t tree = 0; tree < kDepths.size(); ++tree) {
    const unsigned depth = kDepths[tree];
    const std::uint64_t blocks = blocks_under(shape, depth);
    if (block - first >= blocks) {
      first += blocks;
      offset += nodes_under(shape, depth);
      continue;
    }
    path.depth = depth;
    path.steps[0] = {tree, offset, first, blocks};
    for (unsigned level = 1; level < depth; ++level) {
      const std::uint64_t below = blocks_under(shape, depth - level);
      const auto index = static_cast<std::uint32_t>((block - first) / below);
      first += index * below;
      offset += 1 + index * nodes_under(shape, depth - level);
      path.steps[level] = {index, offset, first, below};
    }
    path.first_block = first;
    path.blocks = shape.direct_addrs;
    return path;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> first_block_of(const TreeShape& shape, std::uint32_t node_offset) {
  if (node_offset == 0) return 0;
  std::uint64_t first = shape.inode_addrs;
  std::uint32_t offset = 1;
  for (unsigned depth : kDepths) {
    const std::uint32_t nodes = nodes_under(shape, depth);
    if (node_offset - offset >= nodes) {
      first += blocks_under(shape, depth);
      offset += nodes;
      continue;
    }
    for (; depth > 1; --depth) {
      if (node_offset == offset) return std::nullopt;  // an indirect node
      const std::uint32_t index = (node_offset - offset - 1) / nodes_under(shape, depth - 1);
      first += index * blocks_under(shape, depth - 1);
      offset += 1 + index * nodes_under(shape, depth - 1);
    }
    return first;
  }
  return std::nullopt;
}

}  // namespace coldread::f2fs
