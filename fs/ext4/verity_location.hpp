#pragma once

#include "core/base/error.hpp"
#include "core/read/reader.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// Where an fs-verity file keeps its Merkle tree and descriptor (Documentation/filesystems/ext4/verity.rst): the tree
/// from the first multiple of 65536 at or past EOF; the descriptor from a block boundary after it; the descriptor's
/// length in the last four bytes of the last block that is mapped. `mapped_end` is the end of that block, in bytes of
/// the file, and `past_eof` reads up to there, decrypted. Errors: kCorrupt, with the number that cannot be.
[[nodiscard]] Result<volume::VerityLocation> find_verity(const InodeRecord& inode, std::uint32_t block_size,
                                                         std::uint64_t mapped_end, const read::Reader& past_eof);

}  // namespace coldread::ext4
