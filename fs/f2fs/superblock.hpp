#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "fs/f2fs/features.hpp"
#include "fs/f2fs/layout.hpp"

namespace coldread::f2fs {

/// A member of a filesystem over several devices.
struct Device {
  std::string path;  ///< where it was when the filesystem was made
  std::uint64_t first_block = 0;
  std::uint64_t blocks = 0;
};

/// A superblock whose numbers fit each other. Addresses and counts are in blocks of the filesystem.
struct Superblock {
  RawSuperblock raw{};
  unsigned block_bits = kMinBlockBits;
  std::uint32_t block_size = 1u << kMinBlockBits;
  std::uint64_t main_end = 0;    ///< the block after the main area
  std::uint64_t blocks_end = 0;  ///< the block after the last segment of all devices
  std::uint32_t max_nid = 0;     ///< node numbers are below it
  std::uint32_t nat_blocks = 0;  ///< of one copy of the NAT
  std::uint32_t sit_blocks = 0;  ///< of one copy of the SIT
  std::uint32_t inode_checksum_seed = 0;
  std::vector<Device> devices;  ///< two or more; empty where there is one

  [[nodiscard]] bool has(Feature feature) const { return (raw.feature & feature) != 0; }
  [[nodiscard]] std::uint64_t byte_of(std::uint64_t block) const { return block << block_bits; }
  /// True where a node or a file's data can lie.
  [[nodiscard]] bool in_main_area(std::uint32_t block) const { return block >= raw.main_blkaddr && block < main_end; }
  /// Addresses in an inode (DEF_ADDRS_PER_INODE), before what extra attributes and inline xattrs take of them.
  [[nodiscard]] std::uint32_t addrs_per_inode() const {
    return (block_size - static_cast<std::uint32_t>(sizeof(RawInode) + kNidsSize + sizeof(RawNodeFooter))) / kAddrSize;
  }
  /// Addresses or node numbers in any other node (DEF_ADDRS_PER_BLOCK, NIDS_PER_BLOCK).
  [[nodiscard]] std::uint32_t addrs_per_block() const {
    return (block_size - static_cast<std::uint32_t>(sizeof(RawNodeFooter))) / kAddrSize;
  }
  [[nodiscard]] std::uint32_t nat_entries_per_block() const {
    return block_size / static_cast<std::uint32_t>(sizeof(RawNatEntry));
  }
  [[nodiscard]] std::uint32_t sit_entries_per_block() const {
    return block_size / static_cast<std::uint32_t>(sizeof(RawSitEntry));
  }
  /// Bytes of a summary block: the block's, or 4096 with packed_ssa.
  [[nodiscard]] std::uint32_t summary_size() const { return has(kFeaturePackedSsa) ? 4096 : block_size; }
  /// Bytes of a summary block's entries; the journal follows them.
  [[nodiscard]] std::uint32_t summary_entries_size() const {
    return summary_size() / 8 * static_cast<std::uint32_t>(sizeof(RawSummary));
  }
  /// Bytes of a summary block's journal: what its entries and the 5 bytes of its footer leave.
  [[nodiscard]] std::uint32_t journal_size() const { return summary_size() - 5 - summary_entries_size(); }
};

/// Reads and proves one copy, by the rules of the kernel's sanity_check_raw_super() (fs/f2fs/super.c). Errors:
/// kNotFound (no magic), kCorrupt. What is wrong but harmless becomes a finding.
[[nodiscard]] Result<Superblock> parse_superblock(const RawSuperblock& raw, Findings& findings);

/// The volume's name as UTF-8.
[[nodiscard]] std::string volume_name(const RawSuperblock& raw);

}  // namespace coldread::f2fs
