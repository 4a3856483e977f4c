#pragma once

#include <cstdint>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/superblock.hpp"

namespace coldread::ext4 {

/// The superblock that a filesystem is read by, and where it lies.
struct FoundSuperblock {
  Superblock superblock;
  std::uint64_t offset = kSuperblockOffset;  ///< bytes from the filesystem's start
  std::uint32_t group = 0;                   ///< 0 for the primary
  Findings findings;
};

/// The primary superblock, or, where it is damaged, the first good backup: for each block size, at the start of group 1
/// and of the groups that are powers of 3, 5 and 7, and of the last one (Documentation/filesystems/ext4/super.rst;
/// groups of 8 * block size blocks, as mke2fs makes them unless told otherwise, or of as many as the primary says). A
/// backup is good when its s_block_group_nr, its numbers and, with metadata_csum, its checksum are. Errors: kNotFound
/// (nothing looks like ext4), kCorrupt (a primary whose numbers cannot be, and no backup), kRead.
[[nodiscard]] Result<FoundSuperblock> find_superblock(const source::BlockSource& source);

}  // namespace coldread::ext4
