#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "core/base/byte_view.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/xattr_area.hpp"

namespace coldread::ext4 {

/// Linux takes no larger value (XATTR_SIZE_MAX of <linux/limits.h>).
constexpr std::uint32_t kMaxXattrValue = 65536;

/// The value of an attribute of `inode` that lies in an inode of its own (Documentation/filesystems/ext4/eainode.rst;
/// attributes.rst, e_value_inum), or the reason why there is none: it is no such inode, its size is not that of the
/// entry, a block cannot be read, the value or its entry is not what its hash says.
[[nodiscard]] tl::expected<Bytes, std::string> read_ea_inode(const std::shared_ptr<const Filesystem>& filesystem,
                                                             const InodeRecord& inode, const StoredXattr& attribute);

}  // namespace coldread::ext4
