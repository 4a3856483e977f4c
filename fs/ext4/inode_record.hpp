#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

/// One inode as it was read: its bytes, and what they say.
struct InodeRecord {
  volume::InodeFacts facts;
  Findings findings;
  Bytes bytes;                   ///< all inode_size of them
  RawInode raw;                  ///< their start; what i_extra_isize leaves out is zero
  std::uint64_t offset = 0;      ///< of bytes[0] in the filesystem's source
  std::uint32_t extra_size = 0;  ///< bytes of fields after the first 128; 0 where i_extra_isize is damaged
  bool extra_in_use =
      false;                 ///< i_extra_isize is set: attributes may follow, and the upper half of the checksum counts
  std::uint64_t blocks = 0;  ///< allocated, in units of 512 bytes
  std::uint64_t file_acl = 0;       ///< block of the external attributes, 0 where there are none
  std::uint32_t checksum_seed = 0;  ///< of metadata that belongs to this inode (checksums.rst)

  [[nodiscard]] bool has(std::uint32_t flag) const { return (raw.i_flags & flag) != 0; }
  /// The 60 bytes of i_block.
  [[nodiscard]] ByteView block_field() const;
  /// Of i_block[0] in the filesystem's source, in bytes.
  [[nodiscard]] std::uint64_t block_field_offset() const { return offset + offsetof(RawInode, i_block); }
  /// "inode 12", as errors and findings name it.
  [[nodiscard]] std::string where() const;
};

/// What is done with an inode whose i_links_count is 0: it was deleted, or is open and without a name.
enum class Unlinked : std::uint8_t { kRefuse, kTake };

/// Reads and parses the inode (Documentation/filesystems/ext4/inodes.rst). Errors: kCorrupt (no such number, or it is
/// not in use), kRead; with Unlinked::kTake kNotFound where there is nothing in it (i_mode is 0).
[[nodiscard]] Result<InodeRecord> read_inode(const Filesystem& filesystem, InodeNumber number,
                                             Unlinked unlinked = Unlinked::kRefuse);

/// As read_inode() with Unlinked::kTake, from bytes at hand: `bytes` are superblock().inode_size long and lie at
/// `offset` of the source.
[[nodiscard]] Result<InodeRecord> parse_inode(const Filesystem& filesystem, InodeNumber number, Bytes bytes,
                                              std::uint64_t offset);

}  // namespace coldread::ext4
