#include "fs/f2fs/checkpoint.hpp"

#include <utility>

#include "core/base/crc32.hpp"
#include "core/base/little_endian.hpp"

namespace coldread::f2fs {
namespace {

struct Block {
  Bytes bytes;
  RawCheckpoint raw;
  std::uint32_t crc = 0;
};

tl::unexpected<Error> corrupt(unsigned pack, const std::string& what) {
  return fail(ErrorKind::kCorrupt, "checkpoint pack " + std::to_string(pack), what);
}

/// A checkpoint block whose checksum holds. The checksum may lie before the bitmaps, which it covers all the same.
Result<Block> read_block(const source::BlockSource& source, const Superblock& s, unsigned pack, std::uint64_t number) {
  Block block{Bytes(s.block_size), {}, 0};
  if (auto done = source::read_exactly(source, s.byte_of(number), block.bytes); !done) {
    return fail(ErrorKind::kRead, "checkpoint pack " + std::to_string(pack), done.error().message());
  }
  const ByteView view(block.bytes);
  block.raw = *view.load<RawCheckpoint>(0);
  const std::uint32_t offset = block.raw.checksum_offset;
  if (offset < sizeof(RawCheckpoint) || offset > s.block_size - sizeof(Le32)) {
    return corrupt(pack, "checksum_offset is " + std::to_string(offset));
  }
  block.crc = *view.load<Le32>(offset);
  std::uint32_t sum = crc32(kSuperMagic, view.span().first(offset));
  if (offset < s.block_size - sizeof(Le32)) sum = crc32(sum, view.span().subspan(offset + sizeof(Le32)));
  if (sum != block.crc) return corrupt(pack, "its checksum is wrong");
  return block;
}

/// Where the two bitmaps lie in the checkpoint and the payload blocks behind it (fs/f2fs/f2fs.h, __bitmap_ptr()).
Result<std::pair<VersionBitmap, VersionBitmap>> bitmaps(const Superblock& s, unsigned pack, const Block& block,
                                                        ByteView with_payload) {
  const std::uint64_t nat_size = block.raw.nat_ver_bitmap_bytesize;
  const std::uint64_t sit_size = block.raw.sit_ver_bitmap_bytesize;
  if (nat_size != s.nat_blocks / 8 || sit_size != s.sit_blocks / 8) {
    return corrupt(pack, "its bitmaps have " + std::to_string(nat_size) + " and " + std::to_string(sit_size) +
                             " bytes, which do not fit the NAT and the SIT");
  }
  std::uint64_t nat_at = sizeof(RawCheckpoint);
  std::uint64_t sit_at = nat_at;
  if (block.raw.ckpt_flags & kCpLargeNatBitmapFlag) {
    nat_at += sizeof(Le32);  // behind the checksum
    sit_at = nat_at + nat_size;
  } else if (s.raw.cp_payload > 0) {
    sit_at = s.block_size;
  } else {
    nat_at += sit_size;
  }
  const auto nat = with_payload.sub(nat_at, nat_size);
  const auto sit = with_payload.sub(sit_at, sit_size);
  if (!nat || !sit) return corrupt(pack, "its bitmaps do not fit in it");
  return std::pair{VersionBitmap(nat->copy()), VersionBitmap(sit->copy())};
}

Result<Checkpoint> read_pack(const source::BlockSource& source, const Superblock& s, unsigned pack) {
  const std::uint32_t first = s.raw.cp_blkaddr + (pack - 1) * kBlocksPerSeg;
  auto head = read_block(source, s, pack, first);
  if (!head) return fail(std::move(head.error()));
  const std::uint32_t blocks = head->raw.cp_pack_total_block_count;
  if (blocks <= 2 || blocks > kBlocksPerSeg) return corrupt(pack, "it claims " + std::to_string(blocks) + " blocks");
  const auto tail = read_block(source, s, pack, std::uint64_t{first} + blocks - 1);
  if (!tail) return corrupt(pack, "its last block: " + tail.error().message());
  if (tail->raw.checkpoint_ver != head->raw.checkpoint_ver) {
    return corrupt(pack, "it was not written to its end: its first block has version " +
                             std::to_string(head->raw.checkpoint_ver) + ", its last " +
                             std::to_string(tail->raw.checkpoint_ver));
  }
  const std::uint64_t data_summaries = head->raw.cp_pack_start_sum;
  if (data_summaries < 1 + std::uint64_t{s.raw.cp_payload} || data_summaries >= blocks) {
    return corrupt(pack, "cp_pack_start_sum is " + std::to_string(data_summaries));
  }
  Bytes whole = head->bytes;
  whole.resize(std::size_t{s.block_size} * (1 + s.raw.cp_payload));
  if (auto done = source::read_exactly(source, s.byte_of(std::uint64_t{first} + 1),
                                       MutableByteSpan(whole).subspan(s.block_size));
      s.raw.cp_payload != 0 && !done) {
    return corrupt(pack, "its payload: " + done.error().message());
  }
  auto maps = bitmaps(s, pack, *head, whole);
  if (!maps) return fail(std::move(maps.error()));
  return Checkpoint{head->raw, pack, first, head->crc, std::move(maps->first), std::move(maps->second)};
}

}  // namespace

CheckpointPacks read_checkpoints(const source::BlockSource& source, const Superblock& superblock) {
  return {read_pack(source, superblock, 1), read_pack(source, superblock, 2)};
}

Result<const Checkpoint*> choose_checkpoint(const CheckpointPacks& packs, std::optional<std::uint64_t> wanted) {
  const Checkpoint* newest = nullptr;
  std::string versions;
  for (const auto& pack : packs) {
    if (!pack) continue;
    if (wanted == pack->version()) return &*pack;
    versions += (versions.empty() ? "" : " and ") + std::to_string(pack->version());
    if (newest == nullptr || pack->version() > newest->version()) newest = &*pack;
  }
  if (newest == nullptr) {
    return fail(ErrorKind::kCorrupt, "", packs[0].error().message() + "; " + packs[1].error().message());
  }
  if (wanted) {
    return fail(ErrorKind::kNotFound, "checkpoint " + std::to_string(*wanted),
                "there is no such checkpoint; the filesystem has " + versions);
  }
  return newest;
}

std::string checkpoint_flags(std::uint32_t flags) {
  constexpr std::array<std::pair<std::uint32_t, const char*>, 15> kNames{{{kCpUmountFlag, "umount"},
                                                                          {kCpOrphanPresentFlag, "orphan_present"},
                                                                          {kCpCompactSumFlag, "compact_sum"},
                                                                          {kCpErrorFlag, "error"},
                                                                          {kCpFsckFlag, "fsck"},
                                                                          {kCpFastbootFlag, "fastboot"},
                                                                          {kCpCrcRecoveryFlag, "crc_recovery"},
                                                                          {kCpNatBitsFlag, "nat_bits"},
                                                                          {kCpTrimmedFlag, "trimmed"},
                                                                          {kCpNocrcRecoveryFlag, "nocrc_recovery"},
                                                                          {kCpLargeNatBitmapFlag, "large_nat_bitmap"},
                                                                          {kCpQuotaNeedFsckFlag, "quota_need_fsck"},
                                                                          {kCpDisabledFlag, "disabled"},
                                                                          {kCpDisabledQuickFlag, "disabled_quick"},
                                                                          {kCpResizefsFlag, "resizefs"}}};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if (flags & bit) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text.empty() ? "none" : text;
}

}  // namespace coldread::f2fs
