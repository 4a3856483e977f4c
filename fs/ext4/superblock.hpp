#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

/// A superblock whose numbers have been held against each other: block numbers, group numbers and inode numbers can be
/// reckoned with without overflow. Whether its features are read is another matter (features.hpp).
struct Superblock {
  RawSuperblock raw;
  Features features;
  std::uint32_t block_size = 0;    ///< bytes, a power of two from 1024 to 65536
  unsigned block_bits = 0;         ///< log2 of it
  std::uint64_t blocks_count = 0;  ///< blocks; times block_size it fits in 63 bits
  std::uint32_t first_data_block = 0;
  std::uint32_t cluster_size = 0;  ///< bytes: the unit of allocation, block_size without bigalloc
  std::uint32_t blocks_per_group = 0;
  std::uint32_t clusters_per_group = 0;  ///< what a block bitmap counts; blocks_per_group without bigalloc
  std::uint32_t inodes_per_group = 0;
  std::uint32_t group_count = 0;
  std::uint32_t inodes_count = 0;
  std::uint32_t first_inode = 0;  ///< s_first_ino: the first that is not reserved
  std::uint32_t inode_size = 0;   ///< bytes, a power of two from 128 to block_size
  std::uint32_t desc_size = 0;    ///< bytes of a group descriptor: 32, or a power of two from 64 to 1024
  bool metadata_checksums = false;
  std::uint32_t checksum_seed = 0;  ///< what the checksums of all other metadata begin with
  bool checksum_good = true;        ///< false where metadata_checksums is on and s_checksum is wrong

  [[nodiscard]] std::uint64_t first_block_of_group(std::uint32_t group) const {
    return first_data_block + std::uint64_t{group} * blocks_per_group;
  }
  /// True when the blocks [block, block + count) may hold anything but the superblock: the kernel's rule for what an
  /// extent, an index or an attribute block may point at (ext4_inode_block_valid).
  [[nodiscard]] bool blocks_valid(std::uint64_t block, std::uint64_t count) const {
    return block > first_data_block && block < blocks_count && count <= blocks_count - block;
  }
};

/// Parses the 1024 bytes of a superblock (Documentation/filesystems/ext4/super.rst). Errors: kNotFound (s_magic is
/// wrong), kCorrupt (a field that cannot be, by name). A wrong checksum is no error: see checksum_good.
[[nodiscard]] Result<Superblock> parse_superblock(ByteView bytes);

/// True when `group` holds a copy of the superblock (super.rst; blockgroup.rst, "sparse_super").
[[nodiscard]] bool has_superblock(const Superblock& superblock, std::uint32_t group);

}  // namespace coldread::ext4
