#include "fs/ext4/superblock.hpp"

#include <string>

#include "core/base/checked.hpp"
#include "fs/ext4/crc32c.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kMaxLogBlockSize = 6;     // 64 KiB
constexpr std::uint32_t kMaxLogClusterSize = 20;  // 1 GiB
constexpr std::uint8_t kChecksumCrc32c = 1;

tl::unexpected<Error> impossible(const char* field, std::uint64_t value) {
  return fail(ErrorKind::kCorrupt, "superblock",
              std::string(field) + " is " + std::to_string(value) + ", which cannot be");
}

/// Block numbers and sizes.
Result<void> parse_blocks(Superblock& s) {
  const RawSuperblock& raw = s.raw;
  if (raw.s_log_block_size > kMaxLogBlockSize) return impossible("s_log_block_size", raw.s_log_block_size);
  s.block_bits = 10 + raw.s_log_block_size;
  s.block_size = std::uint32_t{1} << s.block_bits;

  s.blocks_count = join(raw.s_blocks_count_lo, s.features.incompat & kIncompat64Bit ? raw.s_blocks_count_hi.get() : 0);
  s.first_data_block = raw.s_first_data_block;
  if (s.first_data_block != (s.block_size == 1024 ? 1u : 0u) && !(s.features.ro_compat & kRoCompatBigalloc)) {
    return impossible("s_first_data_block", s.first_data_block);
  }
  // 2^63 bytes: so that any block, as a byte offset, can be reckoned with.
  if (s.blocks_count <= s.first_data_block || s.blocks_count > (std::uint64_t{1} << (63 - s.block_bits))) {
    return impossible("s_blocks_count", s.blocks_count);
  }
  return {};
}

/// Group numbers, inode numbers and their sizes.
Result<void> parse_groups(Superblock& s) {
  const RawSuperblock& raw = s.raw;
  // A bitmap of one block counts a group's clusters, another one its inodes.
  const std::uint64_t bits_per_block = std::uint64_t{s.block_size} * 8;
  s.blocks_per_group = raw.s_blocks_per_group;
  s.cluster_size = s.block_size;
  s.clusters_per_group = s.blocks_per_group;
  if (s.features.ro_compat & kRoCompatBigalloc) {
    if (raw.s_log_cluster_size < raw.s_log_block_size || raw.s_log_cluster_size > kMaxLogClusterSize) {
      return impossible("s_log_cluster_size", raw.s_log_cluster_size);
    }
    s.cluster_size = std::uint32_t{1024} << raw.s_log_cluster_size;
    s.clusters_per_group = raw.s_clusters_per_group;
    const std::uint64_t blocks = std::uint64_t{s.clusters_per_group} * (s.cluster_size / s.block_size);
    if (blocks != s.blocks_per_group) return impossible("s_clusters_per_group", s.clusters_per_group);
  }
  if (s.blocks_per_group == 0 || s.clusters_per_group > bits_per_block) {
    return impossible("s_blocks_per_group", s.blocks_per_group);
  }
  s.inodes_per_group = raw.s_inodes_per_group;
  if (s.inodes_per_group == 0 || s.inodes_per_group > bits_per_block) {
    return impossible("s_inodes_per_group", s.inodes_per_group);
  }
  const std::uint64_t groups = (s.blocks_count - s.first_data_block - 1) / s.blocks_per_group + 1;
  s.inodes_count = raw.s_inodes_count;
  // The kernel refuses to mount where this does not hold, and it bounds the number of groups by 2^32.
  if (checked_mul(groups, s.inodes_per_group) != s.inodes_count) return impossible("s_inodes_count", s.inodes_count);
  s.group_count = static_cast<std::uint32_t>(groups);

  const bool dynamic = raw.s_rev_level != 0;
  s.first_inode = dynamic ? raw.s_first_ino.get() : 11u;
  s.inode_size = dynamic ? raw.s_inode_size.get() : kGoodOldInodeSize;
  if (s.first_inode < 11 || s.first_inode > s.inodes_count) return impossible("s_first_ino", s.first_inode);
  if (!is_power_of_two(s.inode_size) || s.inode_size < kGoodOldInodeSize || s.inode_size > s.block_size) {
    return impossible("s_inode_size", s.inode_size);
  }
  s.desc_size = 32;
  if (s.features.incompat & kIncompat64Bit) {
    s.desc_size = raw.s_desc_size;
    if (!is_power_of_two(s.desc_size) || s.desc_size < 64 || s.desc_size > 1024) {
      return impossible("s_desc_size", s.desc_size);
    }
  }
  return {};
}

bool is_power_of(std::uint32_t value, std::uint32_t base) {
  std::uint64_t power = base;
  while (power < value) power *= base;
  return power == value;
}

}  // namespace

Result<Superblock> parse_superblock(ByteView bytes) {
  const auto raw = bytes.load<RawSuperblock>(0);
  if (!raw || raw->s_magic != kSuperMagic) return fail(ErrorKind::kNotFound, "superblock", "bad magic");

  Superblock s;
  s.raw = *raw;
  // Revision 0 has no features by its definition, but the kernel takes the words as they are there too.
  s.features = {raw->s_feature_compat, raw->s_feature_incompat, raw->s_feature_ro_compat};
  if (auto blocks = parse_blocks(s); !blocks) return fail(std::move(blocks.error()));
  if (auto groups = parse_groups(s); !groups) return fail(std::move(groups.error()));

  s.metadata_checksums = (s.features.ro_compat & kRoCompatMetadataChecksum) != 0;
  if (s.metadata_checksums) {
    const ByteSpan summed = bytes_of(s.raw).first(offsetof(RawSuperblock, s_checksum));
    s.checksum_good = s.raw.s_checksum_type == kChecksumCrc32c && crc32c(~0u, summed) == s.raw.s_checksum;
  }
  s.checksum_seed = s.features.incompat & kIncompatChecksumSeed ? s.raw.s_checksum_seed.get()
                                                                : crc32c(~0u, std::as_bytes(std::span(s.raw.s_uuid)));
  return s;
}

bool has_superblock(const Superblock& superblock, std::uint32_t group) {
  if (group == 0) return true;
  if (superblock.features.compat & kCompatSparseSuper2) {
    return group == superblock.raw.s_backup_bgs[0] || group == superblock.raw.s_backup_bgs[1];
  }
  if (group == 1 || !(superblock.features.ro_compat & kRoCompatSparseSuper)) return true;
  return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

}  // namespace coldread::ext4
