#pragma once

#include <cstdint>
#include <string>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/volume/inode.hpp"
#include "fs/f2fs/filesystem.hpp"
#include "fs/f2fs/node.hpp"

namespace coldread::f2fs {

/// An inode as it is stored, and what it says (f2fs.rst, "Index Structure"; fs/f2fs/inode.c, do_read_inode()).
struct InodeRecord {
  volume::InodeFacts facts;
  Findings findings;  ///< what makes the kernel refuse it, or is wrong all the same
  Node node;
  RawInode raw{};
  RawExtraAttr extra{};                  ///< zeros past i_extra_isize
  std::uint32_t extra_addrs = 0;         ///< words of i_addr that extra attributes take
  std::uint32_t inline_xattr_addrs = 0;  ///< words at the end of i_addr that are kept for inline attributes
  std::uint32_t addrs = 0;               ///< block addresses in this inode (ADDRS_PER_INODE)
  std::uint32_t addrs_per_node = 0;      ///< block addresses in its direct nodes (ADDRS_PER_BLOCK)
  std::uint32_t cluster_blocks = 1;      ///< of a compressed file; else 1

  [[nodiscard]] std::string where() const { return "inode " + std::to_string(facts.number.value); }
  [[nodiscard]] bool has_inline(std::uint8_t flag) const { return (raw.i_inline & flag) != 0; }
  [[nodiscard]] bool has_flag(std::uint32_t flag) const { return (raw.i_flags & flag) != 0; }
  /// The `index`-th of `addrs` block addresses.
  [[nodiscard]] std::uint32_t addr(std::uint32_t index) const;
  /// One of the five node numbers: two direct, two indirect, one double indirect node.
  [[nodiscard]] std::uint32_t nid(unsigned index) const;
  /// Where inline data or dentries lie within the node block, in bytes.
  [[nodiscard]] std::uint64_t inline_offset() const;
  /// Bytes that inline data or dentries have (MAX_INLINE_DATA).
  [[nodiscard]] std::uint64_t inline_size() const;
  [[nodiscard]] ByteView inline_area() const;
  /// The inline attributes; empty where it has none.
  [[nodiscard]] ByteView inline_xattrs() const;
};

/// Reads an inode, as roll-forward left it. Errors: kCorrupt (no such number, not in use, no inode), kRead.
[[nodiscard]] Result<InodeRecord> read_inode(const Filesystem& filesystem, InodeNumber number);

/// What a node block that is an inode says. Errors: kCorrupt (its fields cannot be laid out).
[[nodiscard]] Result<InodeRecord> parse_inode(const Superblock& superblock, Node node);

}  // namespace coldread::f2fs
