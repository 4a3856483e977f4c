#include "fs/f2fs/superblock.hpp"

#include <algorithm>

#include "core/base/crc32.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::uint32_t kMaxSegments = 16 * 1024 * 1024 / 2;
constexpr unsigned kMinLogSector = 9;
constexpr std::uint32_t kCheckpointPacks = 2;

tl::unexpected<Error> corrupt(std::string what) { return fail(ErrorKind::kCorrupt, "superblock", std::move(what)); }

std::string number(std::uint64_t value) { return std::to_string(value); }

/// The areas follow each other without a gap, each a whole number of segments.
std::string area_fault(const RawSuperblock& raw) {
  const auto after = [](std::uint64_t start, std::uint64_t segments) {
    return start + (segments << kBlocksPerSegBits);
  };
  if (raw.segment0_blkaddr != raw.cp_blkaddr) return "the checkpoint area does not begin at segment 0";
  if (after(raw.cp_blkaddr, raw.segment_count_ckpt) != raw.sit_blkaddr)
    return "the SIT does not follow the checkpoints";
  if (after(raw.sit_blkaddr, raw.segment_count_sit) != raw.nat_blkaddr) return "the NAT does not follow the SIT";
  if (after(raw.nat_blkaddr, raw.segment_count_nat) != raw.ssa_blkaddr) return "the SSA does not follow the NAT";
  if (after(raw.ssa_blkaddr, raw.segment_count_ssa) != raw.main_blkaddr) return "the main area does not follow the SSA";
  if (after(raw.main_blkaddr, raw.segment_count_main) > after(raw.segment0_blkaddr, raw.segment_count)) {
    return "the main area ends past the last segment";
  }
  if (raw.segment_count_ckpt < kCheckpointPacks) return "there is no room for two checkpoint packs";
  if (raw.segment_count_sit < 2 || raw.segment_count_nat < 2) return "there is no room for two copies of SIT and NAT";
  if (raw.segment_count_main == 0) return "there is no main area";
  return {};
}

std::string segment_fault(const RawSuperblock& raw) {
  const std::uint64_t sections = raw.section_count;
  if (raw.segment_count > kMaxSegments) return "segment_count is " + number(raw.segment_count);
  if (sections == 0 || raw.segs_per_sec == 0 || sections * raw.segs_per_sec != raw.segment_count_main) {
    return number(sections) + " sections of " + number(raw.segs_per_sec) + " segments are not " +
           number(raw.segment_count_main) + " segments";
  }
  if (raw.segment_count > raw.block_count >> kBlocksPerSegBits) return "block_count is less than its segments have";
  if (raw.secs_per_zone == 0 || raw.secs_per_zone > sections) return "secs_per_zone is " + number(raw.secs_per_zone);
  if (raw.cp_payload >= kBlocksPerSeg - kCheckpointPacks - kAllLogs) return "cp_payload is " + number(raw.cp_payload);
  return {};
}

/// Where each member's blocks begin (fs/f2fs/super.c, f2fs_scan_devices()).
std::string read_devices(Superblock& s) {
  if (s.raw.devs[0].path[0] == 0) return {};
  std::uint64_t segments = 0;
  std::uint64_t next = 0;
  for (const RawDevice& raw : s.raw.devs) {
    if (raw.path[0] == 0) break;
    Device device;
    device.path.assign(raw.path.begin(), std::find(raw.path.begin(), raw.path.end(), std::uint8_t{0}));
    device.first_block = next;
    device.blocks = std::uint64_t{raw.total_segments} << kBlocksPerSegBits;
    if (next == 0) device.blocks += s.raw.segment0_blkaddr;
    next += device.blocks;
    segments += raw.total_segments;
    s.devices.push_back(std::move(device));
  }
  if (segments != s.raw.segment_count) {
    return "its devices have " + number(segments) + " segments together, and it counts " + number(s.raw.segment_count);
  }
  if (s.devices.size() == 1) s.devices.clear();
  return {};
}

}  // namespace

Result<Superblock> parse_superblock(const RawSuperblock& raw, Findings& findings) {
  if (raw.magic != kSuperMagic) return fail(ErrorKind::kNotFound, "superblock", "there is no f2fs magic");
  Superblock s;
  s.raw = raw;
  if (s.has(kFeatureSbChksum)) {
    if (raw.checksum_offset != offsetof(RawSuperblock, crc)) {
      return corrupt("checksum_offset is " + number(raw.checksum_offset));
    }
    if (crc32(kSuperMagic, bytes_of(raw).first(offsetof(RawSuperblock, crc))) != raw.crc) {
      return corrupt("its checksum is wrong");
    }
  }
  if (raw.log_blocksize < kMinBlockBits || raw.log_blocksize > kMaxBlockBits) {
    return corrupt("log_blocksize is " + number(raw.log_blocksize));
  }
  s.block_bits = raw.log_blocksize;
  s.block_size = 1u << s.block_bits;
  if (raw.log_blocks_per_seg != kBlocksPerSegBits)
    return corrupt("log_blocks_per_seg is " + number(raw.log_blocks_per_seg));
  if (raw.log_sectorsize < kMinLogSector || raw.log_sectorsize > s.block_bits ||
      raw.log_sectors_per_block != s.block_bits - raw.log_sectorsize) {
    findings.push_back("superblock: a sector of 2^" + number(raw.log_sectorsize) + " bytes and 2^" +
                       number(raw.log_sectors_per_block) + " of them in a block contradict each other");
  }
  for (const std::string& fault : {segment_fault(raw), area_fault(raw), read_devices(s)}) {
    if (!fault.empty()) return corrupt(fault);
  }
  if (raw.root_ino != kRootIno || raw.node_ino != 1 || raw.meta_ino != 2) {
    return corrupt("the root's inode is not " + number(kRootIno) + ", or the reserved ones are not 1 and 2");
  }
  s.main_end = raw.main_blkaddr + (std::uint64_t{raw.segment_count_main} << kBlocksPerSegBits);
  s.blocks_end = raw.segment0_blkaddr + (std::uint64_t{raw.segment_count} << kBlocksPerSegBits);
  if (s.blocks_end > kCompressAddr) return corrupt("it ends past the last block that an address can name");
  s.nat_blocks = raw.segment_count_nat / 2 << kBlocksPerSegBits;
  s.sit_blocks = raw.segment_count_sit / 2 << kBlocksPerSegBits;
  // 2^22 segments of NAT hold more numbers than 32 bits tell.
  const std::uint64_t nids = std::uint64_t{s.nat_blocks} * s.nat_entries_per_block();
  s.max_nid = static_cast<std::uint32_t>(std::min<std::uint64_t>(nids, 0xffffffff));
  s.inode_checksum_seed = crc32(0xffffffff, std::as_bytes(std::span(raw.uuid)));
  return s;
}

std::string volume_name(const RawSuperblock& raw) {
  std::string name;
  const auto& units = raw.volume_name;
  for (std::size_t i = 0; i < units.size() && units[i] != 0; ++i) {
    std::uint32_t point = units[i];
    const bool high = point >= 0xd800 && point < 0xdc00;
    if (high && i + 1 < units.size() && units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000) {
      point = 0x10000 + ((point - 0xd800) << 10) + (units[++i] - 0xdc00u);
    } else if (point >= 0xd800 && point < 0xe000) {
      point = 0xfffd;  // half of a pair
    }
    const auto append = [&name](std::uint32_t byte) { name.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
      append(point);
    } else if (point < 0x800) {
      append(0xc0 | point >> 6);
      append(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
      append(0xe0 | point >> 12);
      append(0x80 | (point >> 6 & 0x3f));
      append(0x80 | (point & 0x3f));
    } else {
      append(0xf0 | point >> 18);
      append(0x80 | (point >> 12 & 0x3f));
      append(0x80 | (point >> 6 & 0x3f));
      append(0x80 | (point & 0x3f));
    }
  }
  return name;
}

}  // namespace coldread::f2fs
