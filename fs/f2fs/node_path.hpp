#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace coldread::f2fs {

/// How many block addresses the nodes of one file hold.
struct TreeShape {
  std::uint32_t inode_addrs = 0;   ///< in the inode
  std::uint32_t direct_addrs = 0;  ///< in a direct node
  std::uint32_t nids = 0;          ///< node numbers in an indirect node

  /// Blocks that a file can have.
  [[nodiscard]] std::uint64_t max_blocks() const;
};

/// The way from an inode to the node that holds a file block's address (fs/f2fs/node.c, get_node_path()).
struct NodePath {
  /// A node on the way, below the inode.
  struct Step {
    std::uint32_t index = 0;        ///< of its number in the node above; of i_nid for the first step
    std::uint32_t node_offset = 0;  ///< that it must have
    std::uint64_t first_block = 0;  ///< of the file, under it
    std::uint64_t blocks = 0;       ///< under it
  };
  std::array<Step, 3> steps{};
  unsigned depth = 0;             ///< steps in use; 0: the address is in the inode
  std::uint64_t first_block = 0;  ///< whose address is the first in the node
  std::uint32_t blocks = 0;       ///< addresses in the node
};

/// Nothing for a block that no file can have.
[[nodiscard]] std::optional<NodePath> node_path(const TreeShape& shape, std::uint64_t block);

/// The first file block under the direct node at `node_offset`, or nothing where no direct node has that offset.
[[nodiscard]] std::optional<std::uint64_t> first_block_of(const TreeShape& shape, std::uint32_t node_offset);

}  // namespace coldread::f2fs
