#pragma once

#include <cstdint>
#include <memory>

#include "core/base/error.hpp"
#include "core/read/file_map.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// How an inode says where its bytes lie (Documentation/filesystems/ext4/ifork.rst, inlinedata.rst, eainode.rst).
enum class Mapping : std::uint8_t {
  kNothing,     ///< devices, fifos, sockets
  kFastTarget,  ///< a symlink's target in i_block
  kExtents,
  kIndirect,    ///< blocks and indirect blocks, as in ext2
  kInlineData,  ///< in i_block and an attribute
  kEaInode,     ///< none of its own: it holds the value of an attribute of other inodes
};

/// The way in which the inode is mapped. A symlink without blocks, but for its attributes', is a fast one.
[[nodiscard]] Mapping mapping_of(const Filesystem& filesystem, const InodeRecord& inode);

/// Where the inode's bytes lie. Errors: kCorrupt (what it says of it cannot be: a size that its mapping cannot hold,
/// inline data without its attribute, a file that is an attribute's value).
[[nodiscard]] Result<read::FileMap> map_inode(const std::shared_ptr<const Filesystem>& filesystem,
                                              const InodeRecord& inode);

/// Where the blocks of an inode lie that is mapped by extents or by indirect blocks, whatever it is for. Errors: as
/// map_inode().
[[nodiscard]] Result<read::FileMap> map_blocks(const std::shared_ptr<const Filesystem>& filesystem,
                                               const InodeRecord& inode);

}  // namespace coldread::ext4
