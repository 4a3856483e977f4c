#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/read/file_map.hpp"
#include "fs/f2fs/inode_record.hpp"

namespace coldread::f2fs {

/// Where an inode's bytes lie: inline in its node, in the range of a device that it aliases, or by the addresses of its
/// nodes. `mapped_end` (bytes) is where a verity file's metadata ends; it is raised to the file's size. Errors:
/// kCorrupt.
[[nodiscard]] Result<read::FileMap> map_inode(const std::shared_ptr<const Filesystem>& filesystem,
                                              const InodeRecord& inode, std::uint64_t mapped_end);

}  // namespace coldread::f2fs
