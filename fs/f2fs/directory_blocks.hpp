#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/read/file_map.hpp"
#include "fs/f2fs/dentries.hpp"
#include "fs/f2fs/inode_record.hpp"

namespace coldread::f2fs {

/// Calls `take(block, area)` for each area of entries of a directory: the one in its inode (as block 0), or those in
/// its blocks, ascending. `fault` is told what cannot be read, as a sentence's part that names the blocks. Blocks that
/// are not there are no fault: a directory is a sparse table.
void each_dentry_area(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                      const read::FileMap& map, const std::function<void(std::uint64_t, const DentryArea&)>& take,
                      const std::function<void(const std::string&)>& fault);

}  // namespace coldread::f2fs
