#include "fs/ext4/group_descriptors.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/ext4/crc32c.hpp"

namespace coldread::ext4 {
namespace {

/// Copies that are tried, at most: one is as good as another.
constexpr std::size_t kMaxCopies = 4;

using Crc16 = boost::crc_optimal<16, 0x8005, 0xffff, 0, true, true>;

bool has_high_half(const Superblock& s) { return s.desc_size >= sizeof(RawGroupDescriptor); }

/// bg_checksum as uninit_bg has it: over the UUID, the group's number, and the descriptor without the field itself.
bool crc16_good(const Superblock& s, std::uint32_t group, ByteView bytes, const RawGroupDescriptor& raw) {
  constexpr std::size_t kAt = offsetof(RawGroupDescriptor, bg_checksum);
  Crc16 crc;
  const auto add = [&](ByteSpan part) { crc.process_bytes(part.data(), part.size()); };
  add(std::as_bytes(std::span(s.raw.s_uuid)));
  const Le32 number(group);
  add(bytes_of(number));
  add(bytes.span().first(kAt));
  if (s.desc_size > kAt + sizeof(Le16)) add(bytes.span().subspan(kAt + sizeof(Le16), s.desc_size - kAt - sizeof(Le16)));
  return crc.checksum() == raw.bg_checksum;
}

bool checksum_good(const Superblock& s, std::uint32_t group, Bytes bytes, const RawGroupDescriptor& raw) {
  if (!s.metadata_checksums) {
    return (s.features.ro_compat & kRoCompatUninitBg) == 0 || crc16_good(s, group, bytes, raw);
  }
  const auto at = bytes.begin() + offsetof(RawGroupDescriptor, bg_checksum);
  std::fill(at, at + sizeof(Le16), std::byte{0});
  const std::uint32_t sum = crc32c(crc32c(s.checksum_seed, bytes_of(Le32(group))), ByteSpan(bytes).first(s.desc_size));
  return (sum & 0xffff) == raw.bg_checksum;
}

Result<GroupDescriptor> read_at(const Filesystem& filesystem, std::uint32_t group, std::uint64_t offset) {
  const Superblock& s = filesystem.superblock();
  Bytes bytes(std::max<std::size_t>(s.desc_size, sizeof(RawGroupDescriptor)));
  auto done = source::read_exactly(*filesystem.source, offset, MutableByteSpan(bytes).first(s.desc_size));
  if (!done) return fail(std::move(done.error()));
  const RawGroupDescriptor raw = *ByteView(bytes).load<RawGroupDescriptor>(0);
  GroupDescriptor descriptor;
  const bool high = has_high_half(s);  // without it these fields are zero, as `bytes` is
  descriptor.block_bitmap = join(raw.bg_block_bitmap_lo, raw.bg_block_bitmap_hi);
  descriptor.inode_bitmap = join(raw.bg_inode_bitmap_lo, raw.bg_inode_bitmap_hi);
  descriptor.inode_table = join(raw.bg_inode_table_lo, raw.bg_inode_table_hi);
  descriptor.flags = raw.bg_flags;
  const auto sum = [&](std::uint16_t low, std::uint16_t upper) {
    return low | (high ? std::uint32_t{upper} << 16 : 0);
  };
  descriptor.block_bitmap_checksum = sum(raw.bg_block_bitmap_csum_lo, raw.bg_block_bitmap_csum_hi);
  descriptor.inode_bitmap_checksum = sum(raw.bg_inode_bitmap_csum_lo, raw.bg_inode_bitmap_csum_hi);
  descriptor.checksum_good = checksum_good(s, group, std::move(bytes), raw);
  return descriptor;
}

/// The block of a group's superblock, if it has one.
std::uint64_t superblock_block(const Superblock& s, std::uint32_t group) {
  // Groups of 1K blocks begin with block 1, but under bigalloc with block 0; the superblock is in block 1 all the same
  // (fs/ext4/super.c, descriptor_loc()).
  const bool boot_block = group == 0 && s.block_size == 1024 && s.raw.s_first_data_block == 0;
  return s.first_block_of_group(group) + (boot_block ? 1 : 0);
}

/// The block of a meta block group's descriptors in `holder`, one of the group's first, second and last.
std::uint64_t meta_bg_block(const Superblock& s, std::uint32_t holder) {
  return superblock_block(s, holder) + (has_superblock(s, holder) ? 1 : 0);
}

bool table_can_be(const Superblock& s, const GroupDescriptor& descriptor) {
  const std::uint64_t table_bytes = std::uint64_t{s.inodes_per_group} * s.inode_size;
  return s.blocks_valid(descriptor.inode_table, (table_bytes + s.block_size - 1) / s.block_size);
}

/// Where copies of the descriptor of `group` lie, other than the one in use.
std::vector<std::uint64_t> copies_of(const Filesystem& filesystem, std::uint32_t group) {
  const Superblock& s = filesystem.superblock();
  const std::uint32_t per_block = s.block_size / s.desc_size;
  const std::uint32_t table_block = group / per_block;
  const std::uint64_t within = std::uint64_t{group % per_block} * s.desc_size;
  const std::uint64_t used = descriptor_offset(filesystem, group);
  std::vector<std::uint64_t> offsets;
  const auto add = [&](std::uint64_t block) {
    const std::uint64_t offset = filesystem.byte_of(block) + within;
    if (offset != used && offsets.size() < kMaxCopies) offsets.push_back(offset);
  };
  const bool meta_bg = (s.features.incompat & kIncompatMetaBg) != 0;
  if (meta_bg && table_block >= s.raw.s_first_meta_bg) {
    const std::uint64_t first = std::uint64_t{table_block} * per_block;
    for (const std::uint64_t holder : {first, first + 1, first + per_block - 1}) {
      if (holder >= s.group_count) break;
      add(meta_bg_block(s, static_cast<std::uint32_t>(holder)));
    }
    return offsets;
  }
  // Every backup lies in one of the first eight groups, but for those of sparse_super2.
  for (std::uint32_t holder = 0; holder < std::min(s.group_count, 8u); ++holder) {
    if (has_superblock(s, holder)) add(superblock_block(s, holder) + 1 + table_block);
  }
  for (const Le32& holder : s.raw.s_backup_bgs) {
    const bool named = (s.features.compat & kCompatSparseSuper2) != 0 && holder >= 8 && holder < s.group_count;
    if (named) add(superblock_block(s, holder) + 1 + table_block);
  }
  return offsets;
}

}  // namespace

std::uint64_t descriptor_offset(const Filesystem& filesystem, std::uint32_t group) {
  const Superblock& s = filesystem.superblock();
  const std::uint32_t per_block = s.block_size / s.desc_size;
  const std::uint32_t table_block = group / per_block;
  const std::uint64_t within = std::uint64_t{group % per_block} * s.desc_size;

  const bool meta_bg = (s.features.incompat & kIncompatMetaBg) != 0;
  if (!meta_bg || table_block < s.raw.s_first_meta_bg) {
    const std::uint64_t superblock_block = filesystem.found.offset >> s.block_bits;
    return filesystem.byte_of(superblock_block + 1 + table_block) + within;
  }
  std::uint32_t holder = table_block * per_block;
  if (filesystem.found.group != 0 && holder + 1 < s.group_count) ++holder;
  return filesystem.byte_of(meta_bg_block(s, holder)) + within;
}

Result<GroupDescriptor> read_descriptor(const Filesystem& filesystem, std::uint32_t group, Findings& findings) {
  const Superblock& s = filesystem.superblock();
  const std::string name = "the descriptor of group " + std::to_string(group);
  auto descriptor = read_at(filesystem, group, descriptor_offset(filesystem, group));
  std::string problem;
  if (!descriptor) {
    problem = "cannot be read (" + descriptor.error().message() + ")";
  } else if (!table_can_be(s, *descriptor)) {
    problem = "puts the inode table at block " + std::to_string(descriptor->inode_table) + ", where it cannot be";
  } else if (!descriptor->checksum_good) {
    problem = "has a wrong checksum";
  } else {
    return descriptor;
  }

  for (const std::uint64_t offset : copies_of(filesystem, group)) {
    auto copy = read_at(filesystem, group, offset);
    if (!copy || !copy->checksum_good || !table_can_be(s, *copy)) continue;
    findings.push_back(name + " " + problem + "; its copy at byte " + std::to_string(offset) + " is used");
    return copy;
  }
  if (!descriptor) return fail(descriptor.error().kind, "", name + " " + problem + ", and there is no good copy");
  if (!table_can_be(s, *descriptor))
    return fail(ErrorKind::kCorrupt, "", name + " " + problem + ", and there is no good copy");
  findings.push_back(name + " " + problem);
  return descriptor;
}

Result<std::uint64_t> inode_offset(const Filesystem& filesystem, InodeNumber number, Findings& findings) {
  const Superblock& s = filesystem.superblock();
  const std::string where = "inode " + std::to_string(number.value);
  if (number.value == 0 || number.value > s.inodes_count) {
    return fail(ErrorKind::kCorrupt, where,
                "there is no such inode: they are numbered 1 to " + std::to_string(s.inodes_count));
  }
  const auto index = static_cast<std::uint32_t>(number.value - 1);
  const auto descriptor = read_descriptor(filesystem, index / s.inodes_per_group, findings);
  if (!descriptor) return fail(descriptor.error().kind, where, descriptor.error().message());
  return filesystem.byte_of(descriptor->inode_table) + std::uint64_t{index % s.inodes_per_group} * s.inode_size;
}

}  // namespace coldread::ext4
