#pragma once

#include <cstdint>
#include <memory>

#include "core/base/finding.hpp"
#include "fs/f2fs/filesystem.hpp"
#include "fs/f2fs/recovered_nodes.hpp"

namespace coldread::f2fs {

/// What was fsync'd after the checkpoint.
struct RollForward {
  bool needed = false;                    ///< there is something to recover
  std::shared_ptr<RecoveredNodes> nodes;  ///< what changes; null where nothing does
  std::uint64_t applied = 0;              ///< nodes that were used
  std::uint64_t names = 0;                ///< that were added to directories
  bool whole = true;                      ///< false where the chain or a node of it could not be followed
  Findings findings;
};

/// Recovers, in memory, what was fsync'd after the checkpoint, as mounting would (f2fs.rst, "Recovery";
/// fs/f2fs/recovery.c): from the block where the warm node log goes on, each node names the next; those that the
/// version of this checkpoint marks are taken, of the files of which one has the fsync mark. `filesystem` is as the
/// checkpoint has it.
[[nodiscard]] RollForward roll_forward(const std::shared_ptr<const Filesystem>& filesystem);

/// The inodes that had no name but were still open at the checkpoint, which mounting deletes (f2fs.rst, "Checkpoint").
/// Blocks that cannot be read, or whose count is wrong, are findings.
[[nodiscard]] std::vector<std::uint32_t> read_orphans(const Filesystem& filesystem, Findings& findings);

}  // namespace coldread::f2fs
