#include "fs/f2fs/block_owner.hpp"

#include <cstddef>

#include "fs/f2fs/inode_record.hpp"
#include "fs/f2fs/node.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::uint8_t kSlackSpaceRecycling = 1;  // alloc_type SSR: the whole segment has summary entries
constexpr std::uint32_t kFooterSize = 5;

/// Entries that a compact summary holds for a data log.
std::uint32_t compact_entries(const RawCheckpoint& raw, unsigned log) {
  return raw.alloc_type[log] == kSlackSpaceRecycling ? kBlocksPerSeg : raw.cur_data_blkoff[log].get();
}

/// Where the `index`-th entry of a compact summary lies: behind both journals in its first block, and from the start of
/// further ones on; no entry crosses a block.
std::uint64_t compact_offset(const Superblock& s, const Checkpoint& checkpoint, std::uint64_t index) {
  const std::uint64_t first_room = (s.block_size - 2 * s.journal_size() - kFooterSize) / sizeof(RawSummary);
  const std::uint64_t room = (s.block_size - kFooterSize) / sizeof(RawSummary);
  std::uint64_t block = std::uint64_t{checkpoint.first_block} + checkpoint.raw.cp_pack_start_sum;
  if (index < first_room) return s.byte_of(block) + 2 * std::uint64_t{s.journal_size()} + index * sizeof(RawSummary);
  index -= first_room;
  block += 1 + index / room;
  return s.byte_of(block) + index % room * sizeof(RawSummary);
}

/// The byte at which a block's summary entry lies.
std::optional<std::uint64_t> summary_offset(const Filesystem& filesystem, std::uint32_t block) {
  const Superblock& s = filesystem.superblock();
  const Checkpoint& checkpoint = filesystem.checkpoint;
  const std::uint32_t segment = (block - s.raw.main_blkaddr) / kBlocksPerSeg;
  const std::uint32_t index = (block - s.raw.main_blkaddr) % kBlocksPerSeg;
  std::uint64_t before = 0;
  for (unsigned log = 0; log < kDataLogs; ++log) {
    const std::uint32_t entries = compact_entries(checkpoint.raw, log);
    if (checkpoint.raw.cur_data_segno[log] == segment) {
      if (checkpoint.has(kCpCompactSumFlag)) {
        if (index >= entries) return std::nullopt;
        return compact_offset(s, checkpoint, before + index);
      }
      return s.byte_of(data_summary_block(checkpoint, log)) + std::uint64_t{index} * sizeof(RawSummary);
    }
    before += entries;
  }
  const std::uint32_t in_block = s.block_size / s.summary_size();
  return s.byte_of(std::uint64_t{s.raw.ssa_blkaddr} + segment / in_block) +
         std::uint64_t{segment % in_block} * s.summary_size() + std::uint64_t{index} * sizeof(RawSummary);
}

}  // namespace

std::optional<std::uint32_t> owner_of(const Filesystem& filesystem, std::uint32_t block) {
  if (!filesystem.superblock().in_main_area(block)) return std::nullopt;
  const auto offset = summary_offset(filesystem, block);
  if (!offset) return std::nullopt;
  const auto summary = source::read_struct<RawSummary>(*filesystem.source, *offset);
  if (!summary) return std::nullopt;
  auto node = read_node(filesystem, summary->nid);
  if (!node) return std::nullopt;
  const std::uint32_t ino = node->ino();
  const std::uint32_t index = summary->ofs_in_node;
  if (!node->is_inode()) {
    if (index >= filesystem.superblock().addrs_per_block() || node->entry(index) != block) return std::nullopt;
    return ino;
  }
  const auto inode = parse_inode(filesystem.superblock(), *std::move(node));
  if (!inode || index >= inode->addrs || inode->addr(index) != block) return std::nullopt;
  return ino;
}

}  // namespace coldread::f2fs
