#pragma once

#include <memory>

#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// True when the journal inside the filesystem holds transactions: s_start of its superblock is not zero
/// (Documentation/filesystems/ext4/journal.rst, "Super Block"). Asked where a backup superblock is in use, in which
/// needs_recovery is never set. False also where there is no journal or it cannot be read.
[[nodiscard]] bool journal_in_use(const std::shared_ptr<const Filesystem>& filesystem);

}  // namespace coldread::ext4
