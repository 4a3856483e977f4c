#pragma once

#include <cstdint>
#include <memory>

#include "core/source/block_source.hpp"
#include "fs/f2fs/checkpoint.hpp"
#include "fs/f2fs/find_superblock.hpp"
#include "fs/f2fs/summary_journals.hpp"

namespace coldread::f2fs {

class RecoveredNodes;
class BlockUse;

/// What every inode of a filesystem needs of it. Never changed once it is made, and so safe to share between threads.
struct Filesystem {
  std::shared_ptr<const source::BlockSource> source;  ///< of all its devices, one behind the other
  FoundSuperblock found;
  Checkpoint checkpoint;
  SummaryJournals journals;
  /// What roll-forward changes; null where it changes nothing.
  std::shared_ptr<const RecoveredNodes> recovered = nullptr;
  /// What the newer checkpoint still uses, where an older one is read by; null otherwise.
  std::shared_ptr<const BlockUse> newer_use = nullptr;
  /// What the checkpoint uses, before roll-forward.
  std::shared_ptr<const BlockUse> use = nullptr;

  [[nodiscard]] const Superblock& superblock() const { return found.superblock; }
  [[nodiscard]] std::uint32_t block_size() const { return found.superblock.block_size; }
  [[nodiscard]] std::uint64_t byte_of(std::uint64_t block) const { return found.superblock.byte_of(block); }
};

}  // namespace coldread::f2fs
