#pragma once

#include "core/volume/volume.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// What the superblock says, for reports and `info`. Findings are those of finding the superblock, and what in it is
/// odd.
[[nodiscard]] volume::VolumeFacts volume_facts(const Filesystem& filesystem);

}  // namespace coldread::ext4
