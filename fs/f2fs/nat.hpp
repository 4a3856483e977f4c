#pragma once

#include <cstdint>

#include "core/base/error.hpp"
#include "fs/f2fs/filesystem.hpp"

namespace coldread::f2fs {

/// Where a node lies.
struct NodeAddress {
  std::uint32_t ino = 0;    ///< the inode that it belongs to
  std::uint32_t block = 0;  ///< kNullAddr: the number is free; kNewAddr: never written
};

/// The byte at which the NAT block in force lies, of its `index`-th pair (f2fs.rst, "Node Address Table"): the segments
/// of the two copies alternate.
[[nodiscard]] std::uint64_t nat_block_offset(const Superblock& superblock, const Checkpoint& checkpoint,
                                             std::uint32_t index);

/// Looks a node number up: in the checkpoint's journal, else in the NAT. Errors: kCorrupt (no such number; an address
/// outside the main area), kRead.
[[nodiscard]] Result<NodeAddress> find_node(const Filesystem& filesystem, std::uint32_t nid);

}  // namespace coldread::f2fs
