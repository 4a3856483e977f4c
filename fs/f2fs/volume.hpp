#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "core/source/block_source.hpp"
#include "core/volume/volume.hpp"

namespace coldread::f2fs {

struct OpenOptions {
  bool replay = true;                       ///< roll forward; false reads the filesystem as its checkpoint has it
  std::optional<std::uint64_t> checkpoint;  ///< the version of the checkpoint to read by; the newer one otherwise
  /// The further devices of a filesystem over several, in order.
  std::vector<std::shared_ptr<const source::BlockSource>> devices;
};

/// True where there is a superblock of f2fs at the source's start, or the second copy of one, whether or not it is
/// sound.
[[nodiscard]] bool has_superblock(const source::BlockSource& source);

/// The f2fs filesystem that starts at the source's first byte. Errors: kNotFound (there is none; or it has no such
/// checkpoint), kUnsupported (it uses a feature that is not known; it has further devices that were not given),
/// kCorrupt (no superblock or no checkpoint can be used), kRead.
[[nodiscard]] Result<std::shared_ptr<const volume::Volume>> open(std::shared_ptr<const source::BlockSource> source,
                                                                 const OpenOptions& options = {});

}  // namespace coldread::f2fs
