#pragma once

#include <memory>
#include <vector>

#include "core/read/file_map.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/journal_history.hpp"

namespace coldread::ext4 {

/// Names that remain in a directory's blocks where no live entry needs the room
/// (Documentation/filesystems/ext4/directory.rst): behind an entry's name up to the end of its record, in unused
/// entries, and behind the last entry of the blocks of a hash tree. Removing an entry gives its record to the one
/// before it, and splitting a block moves entries and leaves them behind as well; Linux clears a removed entry since
/// version 5.13, so names of later days are rather those that were moved first.
///
/// With `history`, the names in older copies of the directory's blocks are among them, but only from copies whose
/// checksum (metadata_csum) proves that they were this directory's.
///
/// What looks like an entry is taken for one: an inode's number that files can have, a name that a file can have, a
/// rec_len that fits its block, and where it lies on disk, room for it. Names of `live`, the directory's entries, with
/// the same inode are left out, and so are those with no inode that are live. `inode` is 0 where an entry says so. Each
/// comes once. No more is read than the source has bytes; what cannot be read is left out, as read_directory() says it.
[[nodiscard]] volume::Directory read_directory_slack(const std::shared_ptr<const Filesystem>& filesystem,
                                                     const InodeRecord& inode, const read::FileMap& map,
                                                     const std::vector<volume::DirEntry>& live,
                                                     const JournalHistory* history);

}  // namespace coldread::ext4
