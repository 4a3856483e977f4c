#pragma once

#include <cstdint>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/base/units.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// What the descriptor of a block group says (Documentation/filesystems/ext4/group_descr.rst), its halves joined.
struct GroupDescriptor {
  std::uint64_t block_bitmap = 0;  ///< a block's number, as it is on disk
  std::uint64_t inode_bitmap = 0;
  std::uint64_t inode_table = 0;            ///< the first block of the table
  std::uint16_t flags = 0;                  ///< bg_flags
  std::uint32_t block_bitmap_checksum = 0;  ///< with 32-byte descriptors only its lower 16 bits are kept
  std::uint32_t inode_bitmap_checksum = 0;
  bool checksum_good = true;
};

/// Bits of bg_flags.
constexpr std::uint16_t kInodeUninit = 0x1;  ///< the inode bitmap and table were never written
constexpr std::uint16_t kBlockUninit = 0x2;  ///< the block bitmap was never written

/// The byte at which the descriptor of `group` lies in the table that belongs to the superblock in use
/// (group_descr.rst: behind the superblock; with meta_bg each block of it lies in the first group that it describes,
/// and copies in the second and in the last). Where a backup superblock is in use, the table behind that backup, or
/// with meta_bg the copy in the second group, is meant.
[[nodiscard]] std::uint64_t descriptor_offset(const Filesystem& filesystem, std::uint32_t group);

/// The descriptor of `group`, which is below group_count. Where it cannot be read, its checksum (checksums.rst; the
/// older one of uninit_bg is a CRC-16) is wrong or the inode table that it names cannot be, a good copy beside a backup
/// superblock is taken; that, or a wrong checksum without a good copy, is a finding. Errors: kRead, kCorrupt (neither
/// it nor a copy names a place where an inode table can be).
[[nodiscard]] Result<GroupDescriptor> read_descriptor(const Filesystem& filesystem, std::uint32_t group,
                                                      Findings& findings);

/// The byte at which the inode lies. Errors: kCorrupt (no such number; the group's descriptor is nonsense), kRead.
[[nodiscard]] Result<std::uint64_t> inode_offset(const Filesystem& filesystem, InodeNumber number, Findings& findings);

}  // namespace coldread::ext4
