#pragma once

#include <memory>

#include "core/read/file_map.hpp"
#include "core/volume/inode.hpp"
#include "fs/f2fs/filesystem.hpp"
#include "fs/f2fs/inode_record.hpp"

namespace coldread::f2fs {

/// The names of a directory, from its inode or from its blocks, as they lie: what roll-forward adds is not among them.
/// Where a name could not be found by the kernel, since it is not where its hash puts it, that is a finding; so is a
/// length that cannot be. At most as many bytes are read as the filesystem has.
[[nodiscard]] volume::Directory read_directory(const std::shared_ptr<const Filesystem>& filesystem,
                                               const InodeRecord& inode, const read::FileMap& map);

/// Names that remain in the slots of a directory that are not in use: removing an entry clears bits of the bitmap
/// alone. What looks like an entry is taken for one where its slots are free, its inode's number can be one and its
/// name has its hash (in casefolded directories, where that cannot be told, a type that a file has).
[[nodiscard]] volume::Directory read_removed_names(const std::shared_ptr<const Filesystem>& filesystem,
                                                   const InodeRecord& inode, const read::FileMap& map);

}  // namespace coldread::f2fs
