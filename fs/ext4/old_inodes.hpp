#pragma once

#include <memory>

#include "core/volume/volume.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/lazy_history.hpp"

namespace coldread::ext4 {

/// Older versions of inodes in the journal's copies of the inode tables (Documentation/filesystems/ext4/journal.rst,
/// inodes.rst): of each number the newest that was in use (i_mode and i_links_count are set, i_dtime is not) and is not
/// the file that has the number now, by i_generation and i_crtime. `filesystem` is in the state that it is read in.
/// Without a journal there is nothing.
[[nodiscard]] volume::OldInodes find_old_inodes(const std::shared_ptr<const Filesystem>& filesystem,
                                                const LazyHistory& journal);

}  // namespace coldread::ext4
