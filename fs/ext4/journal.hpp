#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/journal_log.hpp"

namespace coldread::ext4 {

/// The blocks of the journal that fast commits are written to (Documentation/filesystems/ext4/journal.rst, "Fast
/// commits"), for whoever reads them after the log was replayed.
struct FastCommitArea {
  std::shared_ptr<const JournalLog> log;
  std::uint32_t first = 0;   ///< the first block of the area, as the journal counts its blocks
  std::uint32_t blocks = 0;  ///< how many there are
  std::uint32_t expected_tid =
      0;  ///< the transaction after the last that was replayed: fast commits of others are stale

  /// The bytes of the area's block `index` (below `blocks`). Errors: kCorrupt (it lies nowhere), kRead.
  [[nodiscard]] Result<Bytes> read(std::uint32_t index) const { return log->read(std::uint64_t{first} + index); }
};

/// What replaying the journal's log came to.
struct JournalReplay {
  std::shared_ptr<const source::BlockSource> source;  ///< the filesystem's bytes with the replay over them
  std::uint64_t applied = 0;       ///< block copies of the log that were written, several of one block among them
  std::uint64_t transactions = 0;  ///< whole transactions that were replayed
  std::uint64_t revoked = 0;       ///< block copies that were not written because a later transaction revoked them
  std::vector<std::uint64_t> changed_blocks;  ///< of the filesystem: those whose bytes differ from the image's; sorted
  Findings findings;
  /// Nothing without the journal's feature fast_commit, where the log is empty, or where the log could not be replayed
  /// to its end.
  std::optional<FastCommitArea> fast_commits;
};

/// Replays the log over `filesystem.source`, in memory, as the kernel does when it mounts (fs/jbd2/recovery.c: scan,
/// revoke, replay). Nothing is written. What is wrong with the log is a finding and decides, as in the kernel, how much
/// of it is applied: nothing where a block of a committed transaction has a wrong checksum; all before a transaction
/// whose commit block has one; all but that block where a copied block has one. A block whose newest copy is damaged
/// fails to read from then on: neither the copy nor what it was to replace is the filesystem's content.
[[nodiscard]] JournalReplay replay_journal(const Filesystem& filesystem, const std::shared_ptr<const JournalLog>& log);

}  // namespace coldread::ext4
