#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "core/base/byte_view.hpp"
#include "core/base/finding.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/group_descriptors.hpp"

namespace coldread::ext4 {

enum class Bitmap : std::uint8_t { kBlocks, kInodes };

/// A bitmap of a group (Documentation/filesystems/ext4/bitmaps.rst): bit i, lowest first in each byte, is set where the
/// group's i-th cluster or inode is in use.
struct GroupBitmap {
  Bytes bits;
  bool checksum_good = true;
};

/// Reads a group's bitmap, which must not be one that bg_flags says was never written. Returns the reason, as part of a
/// sentence, where it cannot be read.
[[nodiscard]] tl::expected<GroupBitmap, std::string> read_bitmap(const Filesystem& filesystem,
                                                                 const GroupDescriptor& descriptor, Bitmap which);

/// Looks at the metadata that reading files does not touch: every group's descriptor, and, with metadata_csum, the
/// checksums of its bitmaps (checksums.rst). Groups past the end of a cut-off source are left out. Of many findings the
/// first are told.
[[nodiscard]] Findings check_groups(const Filesystem& filesystem);

}  // namespace coldread::ext4
