#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/volume/volume.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/volume.hpp"

namespace coldread::ext4 {

/// A filesystem in the state that it is to be read in.
struct Recovery {
  std::shared_ptr<const Filesystem> filesystem;
  volume::ReplayFacts facts;
  Findings findings;
};

/// Brings the filesystem to the state that mounting it would: the journal's log replayed over it in memory, and the
/// superblock read anew. needs_recovery decides whether that is due (Documentation/filesystems/ext4/super.rst,
/// "INCOMPAT_RECOVER"); backups of the superblock are written without it, so behind one the journal itself is asked.
/// Where options.replay is false, nothing is replayed and `filesystem` is the one given. A journal that cannot be read
/// is a finding, and the filesystem is read as it lies. Errors: kUnsupported (the journal is on another device that was
/// not given, or what was given is another's).
[[nodiscard]] Result<Recovery> recover(const std::shared_ptr<const Filesystem>& filesystem, const OpenOptions& options);

/// An error where the filesystem cannot be read because of a feature.
[[nodiscard]] Result<void> check_features(const Features& features);

}  // namespace coldread::ext4
