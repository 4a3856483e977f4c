#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/source/block_source.hpp"
#include "fs/ext4/find_superblock.hpp"

namespace coldread::ext4 {

struct RecoveryEdits;

/// What every inode of a filesystem needs of it. Never changed once it is made, and so safe to share between threads.
struct Filesystem {
  std::shared_ptr<const source::BlockSource> source;
  FoundSuperblock found;
  /// What recovery changes of files and directories; null where it changes nothing.
  std::shared_ptr<const RecoveryEdits> edits = nullptr;

  [[nodiscard]] const Superblock& superblock() const { return found.superblock; }
  [[nodiscard]] std::uint32_t block_size() const { return found.superblock.block_size; }
  /// The byte at which a block lies; `block` is below blocks_count.
  [[nodiscard]] std::uint64_t byte_of(std::uint64_t block) const { return block << found.superblock.block_bits; }
};

}  // namespace coldread::ext4
