#include "fs/ext4/after_log.hpp"

#include <iterator>
#include <set>
#include <utility>

#include "fs/ext4/fast_commit.hpp"
#include "fs/ext4/orphans.hpp"
#include "fs/ext4/recovery_edits.hpp"

namespace coldread::ext4 {
namespace {

void append(Findings& to, Findings& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

AfterLog recover_after_log(const std::shared_ptr<const Filesystem>& filesystem,
                           const std::optional<FastCommitArea>& fast_commits) {
  AfterLog result;
  FastCommitReplay replay(filesystem);
  if (fast_commits) {
    FastCommits done = read_fast_commits(*fast_commits, filesystem->superblock().inode_size, replay);
    result.fast_commits = done.commits;
    result.tags_applied = done.applied;
    result.whole = done.findings.empty();
    append(result.findings, done.findings);
  }
  Orphans orphans = clean_orphans(filesystem, replay.inodes(), replay.edits());
  result.orphans_truncated = orphans.truncated;
  result.orphans_removed = orphans.removed;
  append(result.findings, orphans.findings);

  std::set<std::uint64_t> changed;
  for (const std::uint64_t number : replay.inodes().numbers()) changed.insert(number);
  for (const auto& [number, edits] : replay.edits().ranges) changed.insert(number);
  for (const auto& [number, edits] : replay.edits().directories) changed.insert(number);
  result.changed_inodes.assign(changed.begin(), changed.end());

  Filesystem recovered = *filesystem;
  if (auto source = replay.inodes().over_source()) {
    recovered.source = std::move(source);
  } else {
    result.whole = false;
    result.findings.emplace_back(
        "fast commits: two inodes that they change lie at the same place; no inode is changed");
  }
  replay.edits().gone.insert(replay.inodes().cleared().begin(), replay.inodes().cleared().end());
  if (!replay.edits().empty()) {
    recovered.edits = std::make_shared<const RecoveryEdits>(std::move(replay.edits()));
  }
  result.filesystem = std::make_shared<const Filesystem>(std::move(recovered));
  return result;
}

}  // namespace coldread::ext4
