#pragma once

#include <cstdint>
#include <memory>

#include "core/read/file_map.hpp"
#include "fs/f2fs/inode_record.hpp"
#include "fs/f2fs/node_path.hpp"

namespace coldread::f2fs {

/// The mapping of a file by the addresses in its inode and its nodes. Of a compressed file, a compressed cluster is
/// what read::Compression says: extents of kCompressed at the slots that hold its bytes.
class NodeMap final : public read::MapSource {
 public:
  NodeMap(std::shared_ptr<const Filesystem> filesystem, InodeRecord inode);

  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override;

 private:
  class Walk;

  std::shared_ptr<const Filesystem> filesystem_;
  InodeRecord inode_;
  TreeShape shape_;
};

}  // namespace coldread::f2fs
