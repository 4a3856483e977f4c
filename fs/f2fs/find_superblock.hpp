#pragma once

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/f2fs/superblock.hpp"

namespace coldread::f2fs {

struct FoundSuperblock {
  Superblock superblock;
  unsigned copy = 1;  ///< 1, in block 0, or 2, in block 1
  Findings findings;  ///< what is wrong with either copy, and where they differ
};

/// The first of the two copies that is sound, as the kernel chooses (fs/f2fs/super.c, read_raw_super_block()). Where
/// the first tells no block size, the second is looked for at each. Errors: kNotFound (neither has a magic), kCorrupt,
/// kRead.
[[nodiscard]] Result<FoundSuperblock> find_superblock(const source::BlockSource& source);

}  // namespace coldread::f2fs
