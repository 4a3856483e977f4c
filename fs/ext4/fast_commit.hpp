#pragma once

#include <cstdint>

#include "core/base/finding.hpp"
#include "fs/ext4/fast_commit_replay.hpp"
#include "fs/ext4/journal.hpp"

namespace coldread::ext4 {

/// What the fast commits came to.
struct FastCommits {
  std::uint64_t commits = 0;  ///< complete commits
  std::uint64_t applied = 0;  ///< tags of them that were applied, without HEAD, TAIL and PAD
  Findings findings;
};

/// Reads the fast commits of `area` and gives them to `replay`, up to where the kernel ends or gives up recovery
/// (Documentation/filesystems/ext4/journal.rst, "Fast commits"; fc_do_one_pass, fs/jbd2/recovery.c). A filesystem that
/// the kernel would not mount because of its fast commits is a finding, and read without those that stop it.
[[nodiscard]] FastCommits read_fast_commits(const FastCommitArea& area, std::uint32_t inode_size,
                                            FastCommitReplay& replay);

}  // namespace coldread::ext4
