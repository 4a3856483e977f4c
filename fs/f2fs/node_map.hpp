#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "core/read/file_map.hpp"
#include "fs/f2fs/inode_record.hpp"
#include "fs/f2fs/node_path.hpp"

namespace coldread::f2fs {

/// The mapping of a file by the addresses in its inode and its nodes. Of a compressed file, a compressed cluster is
/// what read::Compression says: extents of kCompressed at the slots that hold its bytes.
class NodeMap final : public read::MapSource {
 public:
  NodeMap(std::shared_ptr<const Filesystem> filesystem, InodeRecord inode);

  /// A block that is free by the checkpoint is a fault, as the kernel refuses it (f2fs_is_valid_blkaddr()); it is an
  /// extent nevertheless.
  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override;
  /// Under an older checkpoint: that the newer one has freed blocks of the pieces asked for.
  [[nodiscard]] Findings findings() const override;

 private:
  class Walk;

  void note_freed(std::uint64_t block) const;

  std::shared_ptr<const Filesystem> filesystem_;
  InodeRecord inode_;
  TreeShape shape_;
  const BlockUse* use_;  ///< the blocks that it can have; null where that is not known
  mutable std::mutex mutex_;
  mutable std::set<std::uint64_t> freed_;  ///< the first blocks of the file, by number, that are freed
};

}  // namespace coldread::f2fs
