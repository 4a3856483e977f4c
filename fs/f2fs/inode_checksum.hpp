#pragma once

#include "core/base/byte_view.hpp"
#include "fs/f2fs/superblock.hpp"

namespace coldread::f2fs {

/// The checksum in an inode's node block covers all of the block, with zeros in its own place, after the inode's number
/// and generation (fs/f2fs/inode.c, f2fs_inode_chksum()). An inode that has no room for one, or a filesystem without
/// them, is always good.
[[nodiscard]] bool inode_checksum_good(const Superblock& superblock, const Bytes& node);

/// Makes it good.
void set_inode_checksum(const Superblock& superblock, Bytes& node);

}  // namespace coldread::f2fs
