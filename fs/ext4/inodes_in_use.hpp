#pragma once

#include <cstdint>

#include "core/volume/volume.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// The inodes that the inode bitmap of a group counts as in use (Documentation/filesystems/ext4/bitmaps.rst), without
/// those that belong to the filesystem itself: the reserved ones, quotas, the orphan file. A bitmap that cannot be read
/// or has a wrong checksum is a finding. `group` is below group_count; `next` is the first inode of the group after it.
[[nodiscard]] volume::InodeList inodes_in_use(const Filesystem& filesystem, std::uint32_t group);

}  // namespace coldread::ext4
