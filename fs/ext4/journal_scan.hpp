#pragma once

#include <cstdint>
#include <vector>

#include "core/base/finding.hpp"
#include "fs/ext4/journal_log.hpp"
#include "fs/ext4/journal_tags.hpp"

namespace coldread::ext4 {

/// A copy of one of the filesystem's blocks in the log.
struct LoggedBlock {
  BlockTag tag;
  std::uint32_t log_block = 0;  ///< where the copy lies, as the journal counts its blocks
  std::uint32_t sequence = 0;   ///< the transaction that it belongs to
};

/// A block of the log that names revoked blocks.
struct LoggedRevokes {
  std::uint32_t log_block = 0;
  std::uint32_t sequence = 0;
};

/// What the log holds up to its end, in the order in which it was written.
struct LogScan {
  std::vector<LoggedBlock> blocks;
  std::vector<LoggedRevokes> revokes;
  std::uint32_t end = 0;           ///< the first transaction that is not to be replayed
  std::uint64_t transactions = 0;  ///< how many are
  bool whole = true;               ///< false where damage ended the log, and not the end of what was written
  Findings findings;
};

/// Walks the log from its oldest transaction to the last that was committed (Documentation/filesystems/ext4/
/// journal.rst, "Layout"; fs/jbd2/recovery.c, do_one_pass). A transaction without its commit block, and whatever else
/// does not go on with the numbers expected, ends it. A wrong checksum in a descriptor or revoke block makes the kernel
/// refuse the whole journal if its transaction was committed, unless the commit is older than the one before it and so
/// a leftover; a wrong one of a commit block ends the log before its transaction.
[[nodiscard]] LogScan scan_log(const JournalLog& log);

}  // namespace coldread::ext4
