#pragma once

#include "core/base/error.hpp"
#include "core/volume/inode.hpp"
#include "fs/f2fs/inode_record.hpp"

namespace coldread::f2fs {

/// An inode's attributes: from the area in the inode, which the ones in its xattr node continue as if it were one
/// (fs/f2fs/xattr.h). The encryption context and the verity location are not among them, as in listxattr(2).
[[nodiscard]] volume::Xattrs read_xattrs(const Filesystem& filesystem, const InodeRecord& inode);

/// The stored encryption context. Errors: kCorrupt where it is missing.
[[nodiscard]] Result<Bytes> read_encryption_context(const Filesystem& filesystem, const InodeRecord& inode);

/// Where an fs-verity file keeps its Merkle tree, from the first multiple of 65536 at or past EOF on, and its
/// descriptor, which the verity attribute tells (fs/f2fs/verity.c). Errors: kCorrupt.
[[nodiscard]] Result<volume::VerityLocation> read_verity_location(const Filesystem& filesystem,
                                                                  const InodeRecord& inode);

}  // namespace coldread::f2fs
