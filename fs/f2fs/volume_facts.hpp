#pragma once

#include "core/volume/volume.hpp"
#include "fs/f2fs/checkpoint.hpp"
#include "fs/f2fs/filesystem.hpp"

namespace coldread::f2fs {

/// What `info` and the report tell of the filesystem; `packs` are its checkpoints, one of which it is read by.
[[nodiscard]] volume::VolumeFacts volume_facts(const Filesystem& filesystem, const CheckpointPacks& packs);

}  // namespace coldread::f2fs
