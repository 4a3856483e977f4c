#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "fs/f2fs/filesystem.hpp"

namespace coldread::f2fs {

/// A node block.
struct Node {
  Bytes bytes;
  RawNodeFooter footer{};
  std::uint32_t block = 0;  ///< where it was read

  [[nodiscard]] std::uint32_t nid() const { return footer.nid; }
  [[nodiscard]] std::uint32_t ino() const { return footer.ino; }
  [[nodiscard]] bool is_inode() const { return footer.nid == footer.ino; }
  /// Its place among the nodes of its inode (fs/f2fs/node.h, "f2fs assigns the following node offsets").
  [[nodiscard]] std::uint32_t offset() const { return footer.flag >> kNodeOffsetShift; }
  /// The `index`-th address or node number of a node that is no inode; index is below addrs_per_block().
  [[nodiscard]] std::uint32_t entry(std::uint32_t index) const;
};

/// The node block at an address of the main area, whatever it is.
[[nodiscard]] Result<Node> read_node_block(const Filesystem& filesystem, std::uint32_t block);

/// The node that the NAT knows by that number. Errors: kNotFound (the number is free), kCorrupt (no such number, or the
/// block is another node's by its footer; under an older checkpoint, it was written later), kRead.
[[nodiscard]] Result<Node> read_node(const Filesystem& filesystem, std::uint32_t nid);

/// A node of an inode's tree that must be at node offset `offset`, or the reason why it is not to be had, as part of a
/// sentence.
[[nodiscard]] tl::expected<Node, std::string> read_tree_node(const Filesystem& filesystem, std::uint32_t ino,
                                                             std::uint32_t nid, std::uint32_t offset);

}  // namespace coldread::f2fs
