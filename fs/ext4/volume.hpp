#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/source/block_source.hpp"
#include "core/volume/volume.hpp"

namespace coldread::ext4 {

struct OpenOptions {
  bool replay = true;  ///< replay the journal where it needs it; false reads the filesystem as it lies
  /// The journal's own device, for a filesystem that keeps it on one. It is of no use to others.
  std::shared_ptr<const source::BlockSource> journal;
};

/// The ext2, ext3 or ext4 filesystem that starts at the source's first byte. Errors: kNotFound (there is none: neither
/// a superblock nor a backup of one), kUnsupported (it uses a feature that is not read, by name), kCorrupt (it is an
/// ext4 filesystem that cannot be read), kRead. A journal on another device that is needed and was not given, or is
/// another filesystem's, is kUnsupported too.
[[nodiscard]] Result<std::shared_ptr<const volume::Volume>> open(std::shared_ptr<const source::BlockSource> source,
                                                                 const OpenOptions& options = {});

}  // namespace coldread::ext4
