#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/finding.hpp"
#include "core/base/little_endian.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_changes.hpp"
#include "fs/ext4/recovery_edits.hpp"

namespace coldread::ext4 {

/// What cleaning up orphans came to.
struct Orphans {
  std::uint64_t truncated = 0;  ///< with a name: cut to their size, as a truncation that the crash broke off would have
  std::uint64_t removed = 0;    ///< without a name, held open when the crash came
  Findings findings;
};

/// Cleans up orphans as the kernel does when it mounts (ext4_orphan_cleanup, fs/ext4/orphan.c;
/// Documentation/filesystems/ext4/orphan.rst): those of the list that begins at s_last_orphan and goes on in i_dtime,
/// and those that the orphan file names. Not on a filesystem whose s_state says that it has errors, or that has unknown
/// read-only-compatible features: the kernel leaves orphans alone there.
[[nodiscard]] Orphans clean_orphans(const std::shared_ptr<const Filesystem>& filesystem, const InodeChanges& inodes,
                                    RecoveryEdits& edits);

/// struct ext4_orphan_block_tail, at the end of each block of the orphan file.
struct RawOrphanBlockTail {
  Le32 ob_magic;
  Le32 ob_checksum;
};
static_assert(sizeof(RawOrphanBlockTail) == 8 && alignof(RawOrphanBlockTail) == 1);

/// The inode numbers in one block of the orphan file, zeros left out, in their order. `physical` is where the block
/// lies, and `seed` the checksum seed of the orphan file's inode. `fault` says, as part of a sentence, what is wrong
/// with the block; its numbers are given only where that is nothing.
struct OrphanBlock {
  std::vector<std::uint32_t> inodes;
  std::string fault;
};
[[nodiscard]] OrphanBlock parse_orphan_block(ByteView block, std::uint64_t physical, bool checksums,
                                             std::uint32_t seed);

}  // namespace coldread::ext4
