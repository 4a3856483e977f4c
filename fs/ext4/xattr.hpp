#pragma once

#include <memory>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// The extended attributes of an inode, those in its body and those in its external block
/// (Documentation/filesystems/ext4/attributes.rst), with the values that lie in inodes of their own, sorted by name.
/// The encryption context and inline data, which listxattr(2) does not show, are left out.
[[nodiscard]] volume::Xattrs read_xattrs(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode);

/// The fscrypt context (fscrypt.rst, "Contexts"), as stored in the attribute with index 9 and name "c". Errors:
/// kCorrupt (there is none, or it is damaged), kRead.
[[nodiscard]] Result<Bytes> read_encryption_context(const Filesystem& filesystem, const InodeRecord& inode);

}  // namespace coldread::ext4
