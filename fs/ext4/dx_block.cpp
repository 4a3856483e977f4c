#include "fs/ext4/dx_block.hpp"

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/dirhash.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kDotLength = 12;
constexpr std::uint8_t kDxInfoLength = 8;
constexpr std::uint8_t kSipHash = 6;
constexpr std::uint8_t kChecksumTailType = 0xDE;
constexpr std::uint64_t kDxEntrySize = 8;
constexpr std::uint64_t kRootCountOffset = offsetof(RawDxRoot, limit);
constexpr std::uint64_t kNodeCountOffset = sizeof(RawDirEntry);

/// struct dx_tail: after the room for `limit` entries.
struct RawDxTail {
  Le32 dt_reserved;
  Le32 dt_checksum;
};
static_assert(sizeof(RawDxTail) == 8 && alignof(RawDxTail) == 1);

bool index_checksum_good(ByteView block, std::uint32_t seed, std::uint64_t count_offset) {
  const auto limit = block.load<Le16>(count_offset);
  const auto count = block.load<Le16>(count_offset + sizeof(Le16));
  if (!limit || !count) return false;
  const auto summed = block.sub(0, count_offset + count->get() * kDxEntrySize);
  const auto tail = block.load<RawDxTail>(count_offset + limit->get() * kDxEntrySize);
  if (!summed || !tail) return false;
  RawDxTail cleared = *tail;
  cleared.dt_checksum = 0;
  return crc32c(crc32c(seed, summed->span()), bytes_of(cleared)) == tail->dt_checksum;
}

}  // namespace

std::uint32_t decode_rec_len(std::uint16_t rec_len, std::uint32_t block_size) {
  if (block_size < 65536) return rec_len;
  if (rec_len == 65535 || rec_len == 0) return block_size;
  return (rec_len & 0xfffcu) | (rec_len & 3u) << 16;
}

std::optional<RawDxRoot> parse_dx_root(ByteView block, const Superblock& superblock, bool hash_in_entries) {
  const auto root = block.load<RawDxRoot>(0);
  if (!root || root->dot.rec_len != kDotLength) return std::nullopt;
  if (decode_rec_len(root->dotdot.rec_len, superblock.block_size) != superblock.block_size - kDotLength)
    return std::nullopt;
  if (root->reserved_zero != 0 || root->info_length != kDxInfoLength || (root->unused_flags & 1)) return std::nullopt;
  if (hash_in_entries ? root->hash_version != kSipHash : !hash_version(root->hash_version, false)) return std::nullopt;
  // Two levels below the root at the most, three with large_dir.
  const unsigned max_levels = superblock.features.incompat & kIncompatLargeDir ? 3 : 2;
  if (root->indirect_levels >= max_levels) return std::nullopt;
  const std::uint64_t room =
      (superblock.block_size - kRootCountOffset) / kDxEntrySize - (superblock.metadata_checksums ? 1 : 0);
  if (root->limit != room || root->count == 0 || root->count > root->limit) return std::nullopt;
  return root;
}

bool is_dx_node(ByteView block) {
  const auto entry = block.load<RawDirEntry>(0);
  return entry && entry->inode == 0 && entry->name_len == 0 &&
         decode_rec_len(entry->rec_len, static_cast<std::uint32_t>(block.size())) == block.size();
}

bool directory_block_checksum_good(ByteView block, std::uint32_t seed, bool is_index, bool is_root) {
  if (is_index) return index_checksum_good(block, seed, is_root ? kRootCountOffset : kNodeCountOffset);
  const std::uint64_t tail_at = block.size() - sizeof(RawDirEntryTail);
  const auto tail = block.load<RawDirEntryTail>(tail_at);
  if (!tail || tail->det_reserved_zero1 != 0 || tail->det_rec_len != sizeof(RawDirEntryTail) ||
      tail->det_reserved_zero2 != 0 || tail->det_reserved_ft != kChecksumTailType) {
    return false;
  }
  return crc32c(seed, block.sub(0, tail_at)->span()) == tail->det_checksum;
}

}  // namespace coldread::ext4
