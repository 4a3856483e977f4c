#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// The inodes whose records begin in one block.
struct InodeSlots {
  InodeNumber first;        ///< whose record begins the block; the others follow it, inode_size bytes each
  std::uint32_t count = 0;  ///< not 0
};

/// Which blocks of a filesystem hold which inodes (Documentation/filesystems/ext4/group_descr.rst, bg_inode_table).
class InodeTables {
 public:
  /// Reads all group descriptors; a group whose descriptor cannot be read has no inodes here. Nothing where there are
  /// too many groups.
  [[nodiscard]] static std::optional<InodeTables> find(const Filesystem& filesystem);

  /// What is in a block; nothing where it is no block of an inode table.
  [[nodiscard]] std::optional<InodeSlots> slots_in(std::uint64_t block) const;

 private:
  /// A group's inode table.
  struct Table {
    std::uint64_t block = 0;  ///< its first
    std::uint64_t first = 0;  ///< number of its first inode
  };

  std::vector<Table> tables_;  ///< ascending by block
  std::uint32_t inodes_per_group_ = 0;
  std::uint32_t inodes_per_block_ = 0;
};

}  // namespace coldread::ext4
