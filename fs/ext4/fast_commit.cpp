#include "fs/ext4/fast_commit.hpp"

#include <algorithm>
#include <utility>

#include "fs/ext4/fast_commit_scan.hpp"

namespace coldread::ext4 {
namespace {

// The kernel sets no limit. A journal of 1 GiB has an area of 16 MiB by default, and records cost a few times their
// size in memory.
constexpr std::uint64_t kMaxBytes = std::uint64_t{32} << 20;

}  // namespace

FastCommits read_fast_commits(const FastCommitArea& area, std::uint32_t inode_size, FastCommitReplay& replay) {
  FastCommits result;
  FastCommitScan scan(inode_size, area.expected_tid);
  std::uint64_t bytes = 0;
  bool more = true;
  for (std::uint32_t i = 0; more && i < area.blocks; ++i) {
    auto block = area.read(i);
    if (!block) {
      result.findings.push_back(
          "fast commits: block " + std::to_string(i) +
          " cannot be read, and what it and those after it hold is not applied: " + block.error().message());
      more = false;
    } else if ((bytes += block->size()) > kMaxBytes) {
      result.findings.push_back("fast commits: those after block " + std::to_string(i) + " are too many to be read");
      more = false;
    } else {
      more = scan.read_block(*block);
    }
  }
  if (more && area.blocks != 0) {
    result.findings.emplace_back(
        "fast commits: they fill their area to its last block, and the kernel refuses to mount what it cannot see the "
        "end of; all complete ones are applied");
  }
  if (!scan.refusal().empty()) {
    result.findings.push_back("fast commits: " + scan.refusal() +
                              "; the kernel refuses to mount the filesystem, and no fast commit is applied");
  }
  result.commits = scan.commits();
  for (const FastCommitRecord& record : scan.take_records()) {
    if (!replay.apply(record)) break;
    ++result.applied;
  }
  result.findings.insert(result.findings.end(), replay.findings().begin(), replay.findings().end());
  return result;
}

}  // namespace coldread::ext4
