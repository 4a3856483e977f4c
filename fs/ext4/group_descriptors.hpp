#pragma once

#include <cstdint>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/base/units.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// The byte at which the descriptor of `group` lies (Documentation/filesystems/ext4/blockgroup.rst: the table follows
/// the superblock; with meta_bg each block of it lies in the first group that it describes). Where a backup superblock
/// is in use, the table behind that backup, or with meta_bg the copy in the second group, is meant.
[[nodiscard]] std::uint64_t descriptor_offset(const Filesystem& filesystem, std::uint32_t group);

/// The byte at which the inode lies. Adds a finding where its group's descriptor has a wrong checksum. Errors: kCorrupt
/// (no such number; the group's descriptor is nonsense), kRead.
[[nodiscard]] Result<std::uint64_t> inode_offset(const Filesystem& filesystem, InodeNumber number, Findings& findings);

}  // namespace coldread::ext4
