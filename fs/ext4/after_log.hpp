#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/finding.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/journal.hpp"

namespace coldread::ext4 {

/// What recovery does once the journal's log is replayed.
struct AfterLog {
  std::shared_ptr<const Filesystem> filesystem;  ///< as the kernel shows it after recovery
  std::uint64_t fast_commits = 0;                ///< complete fast commits
  std::uint64_t tags_applied = 0;                ///< of fast commits
  std::uint64_t orphans_truncated = 0;
  std::uint64_t orphans_removed = 0;
  std::vector<std::uint64_t> changed_inodes;  ///< that differ from the state before; ascending
  bool whole = true;  ///< false where the fast commits were not all applied, and the findings say what was not
  Findings findings;
};

/// Applies fast commits, where there are any, and cleans up orphans, in memory. `filesystem` is as the replayed log
/// left it.
[[nodiscard]] AfterLog recover_after_log(const std::shared_ptr<const Filesystem>& filesystem,
                                         const std::optional<FastCommitArea>& fast_commits);

}  // namespace coldread::ext4
