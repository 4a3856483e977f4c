#pragma once

#include <memory>

#include "core/read/file_map.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// The names of a directory, block after block (Documentation/filesystems/ext4/directory.rst). Hash trees are not
/// walked: every name lies in a leaf block, and the blocks of the tree look like blocks without names. A damaged entry
/// costs the rest of its block, and a block that cannot be read costs itself; each is a finding. At most as many bytes
/// are read as the source has.
[[nodiscard]] volume::Directory read_directory(const std::shared_ptr<const Filesystem>& filesystem,
                                               const InodeRecord& inode, const read::FileMap& map);

}  // namespace coldread::ext4
