#include "fs/f2fs/block_use.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace coldread::f2fs {
namespace {

constexpr std::size_t kMaxFindings = 100;
constexpr std::size_t kMapSize = kBlocksPerSeg / 8;

}  // namespace

BlockUse::BlockUse(const source::BlockSource& source, const Superblock& superblock, const Checkpoint& checkpoint,
                   const SummaryJournals& journals)
    : first_(superblock.raw.main_blkaddr) {
  const std::uint32_t segments = superblock.raw.segment_count_main;
  const std::uint32_t per_block = superblock.sit_entries_per_block();
  Bytes bytes(superblock.block_size);
  bool readable = false;
  for (std::uint32_t segment = 0; segment < segments; ++segment) {
    const std::uint32_t index = segment / per_block;
    if (segment % per_block == 0) {
      // Unlike the NAT's, the two copies of the SIT lie one behind the other.
      const std::uint64_t copy = checkpoint.sit_bitmap.test(index) ? superblock.sit_blocks : 0;
      const std::uint64_t offset = superblock.byte_of(superblock.raw.sit_blkaddr + copy + index);
      // A hostile count of segments must not take memory for blocks that are not there.
      if (index >= superblock.sit_blocks || offset >= source.size()) {
        findings_.push_back("SIT blocks from " + std::to_string(index) +
                            " on are not there, and the main area needs them");
        return;
      }
      const auto done = source::read_exactly(source, offset, bytes);
      readable = done.has_value();
      if (!readable && findings_.size() < kMaxFindings) {
        findings_.push_back("SIT block " + std::to_string(index) + ": " + done.error().message());
      }
      bits_.resize(std::size_t{std::min(segments, segment + per_block)} * kMapSize);
      known_.resize(std::min(segments, segment + per_block));
    }
    const auto journaled = journals.sit.find(segment);
    known_[segment] = readable || journaled != journals.sit.end();
    if (!known_[segment]) continue;
    take(segment, journaled != journals.sit.end()
                      ? journaled->second
                      : *ByteView(bytes).load<RawSitEntry>(std::uint64_t{segment % per_block} * sizeof(RawSitEntry)));
  }
}

void BlockUse::take(std::uint32_t segment, const RawSitEntry& entry) {
  unsigned valid = 0;
  for (const std::uint8_t byte : entry.valid_map) valid += static_cast<unsigned>(std::popcount(byte));
  const unsigned counted = entry.vblocks & kSitVblocksMask;
  if (counted != valid && findings_.size() < kMaxFindings) {
    findings_.push_back("segment " + std::to_string(segment) + ": the SIT counts " + std::to_string(counted) +
                        " blocks in use, and its bitmap has " + std::to_string(valid));
  }
  count_ += valid;
  std::copy(entry.valid_map.begin(), entry.valid_map.end(),
            bits_.begin() + static_cast<std::ptrdiff_t>(std::size_t{segment} * kMapSize));
}

bool BlockUse::uses(std::uint32_t block) const {
  if (block < first_) return false;
  const std::uint64_t bit = block - first_;
  return bit / 8 < bits_.size() && (bits_[bit / 8] & (0x80u >> (bit % 8))) != 0;
}

bool BlockUse::is_free(std::uint32_t block) const {
  const std::uint64_t segment = (std::uint64_t{block} - first_) / kBlocksPerSeg;
  return block >= first_ && segment < known_.size() && known_[segment] && !uses(block);
}

}  // namespace coldread::f2fs
