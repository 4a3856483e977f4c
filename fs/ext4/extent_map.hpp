#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/read/file_map.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// The mapping of a file whose i_block is the root of an extent tree (Documentation/filesystems/ext4/ifork.rst, "Extent
/// Tree"). Nodes are read anew for each piece: they are few, and the system caches them.
class ExtentMap final : public read::MapSource {
 public:
  /// `root` is the 60 bytes of i_block; `checksum_seed` the inode's.
  ExtentMap(std::shared_ptr<const Filesystem> filesystem, ByteView root, std::uint32_t checksum_seed);

  /// A node that cannot be read or contradicts its format is a fault over just the file range that it covers; so is an
  /// extent that is empty, points where no file can be, or reaches past its node's range. Work is bounded: a piece ends
  /// early after some thousand extents or some hundred nodes.
  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override;

  /// The nodes whose checksum is wrong (checksums.rst); of many, the first.
  [[nodiscard]] Findings findings() const override;

  /// Where the last extent of the tree ends, in bytes of the file; 0 where there is none. Errors: kCorrupt (the
  /// rightmost path through the tree is damaged), with no place.
  [[nodiscard]] Result<std::uint64_t> end() const;

 private:
  class Walk;

  /// Notes a node whose checksum is wrong. `node` is the block's bytes, already known to be a node.
  void check_node(std::uint64_t block, ByteView node) const;

  std::shared_ptr<const Filesystem> filesystem_;
  Bytes root_;
  std::uint32_t checksum_seed_;
  mutable std::mutex mutex_;
  mutable std::set<std::uint64_t> bad_checksums_;  ///< blocks, behind mutex_
};

}  // namespace coldread::ext4
