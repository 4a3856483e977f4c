#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/journal_log.hpp"

namespace coldread::ext4 {

/// A journal that was found, and what was odd about finding it.
struct FoundJournal {
  std::shared_ptr<const JournalLog> log;
  Findings findings;
};

/// True when the filesystem has a journal, and keeps it on another device (Documentation/filesystems/ext4/super.rst,
/// s_journal_inum and s_journal_dev).
[[nodiscard]] bool has_external_journal(const Superblock& superblock);

/// The journal in inode s_journal_inum; where that is damaged or holds none, the one that the superblock's copy of the
/// inode's i_block and size leads to (super.rst, s_jnl_backup_type and s_jnl_blocks: 15 words of i_block, then the
/// upper and lower half of i_size). Errors: those of the inode, its map and the journal's superblock.
[[nodiscard]] Result<FoundJournal> find_inode_journal(const std::shared_ptr<const Filesystem>& filesystem);

/// The journal on a device of its own: an ext4 superblock with the feature journal_dev, and the journal's superblock in
/// the block after it (Documentation/filesystems/ext4/journal.rst, "External Journal"; fs/ext4/super.c,
/// ext4_get_journal_blkdev). Block numbers count from the device's start. Errors: kUnsupported (it is no external
/// journal, or another filesystem's: their UUIDs differ; several filesystems share it), kCorrupt, kRead.
[[nodiscard]] Result<FoundJournal> open_external_journal(const Superblock& superblock,
                                                         const std::shared_ptr<const source::BlockSource>& device);

}  // namespace coldread::ext4
