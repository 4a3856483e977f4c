#include "fs/ext4/group_descriptors.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "fs/ext4/crc32c.hpp"

namespace coldread::ext4 {
namespace {

/// The descriptor, zeros where desc_size leaves its upper half out, and whether its checksum is right.
struct Descriptor {
  RawGroupDescriptor raw;
  bool checksum_good = true;
};

bool checksum_good(const Superblock& s, std::uint32_t group, Bytes bytes) {
  if (!s.metadata_checksums) return true;
  const auto raw = ByteView(bytes).load<RawGroupDescriptor>(0);
  const auto at = bytes.begin() + offsetof(RawGroupDescriptor, bg_checksum);
  std::fill(at, at + sizeof(Le16), std::byte{0});
  const std::uint32_t sum = crc32c(crc32c(s.checksum_seed, bytes_of(Le32(group))), ByteSpan(bytes).first(s.desc_size));
  return raw && (sum & 0xffff) == raw->bg_checksum;
}

Result<Descriptor> read_descriptor(const Filesystem& filesystem, std::uint32_t group) {
  const Superblock& s = filesystem.superblock();
  Bytes bytes(std::max<std::size_t>(s.desc_size, sizeof(RawGroupDescriptor)));
  auto done = source::read_exactly(*filesystem.source, descriptor_offset(filesystem, group),
                                   MutableByteSpan(bytes).first(s.desc_size));
  if (!done) return fail(std::move(done.error()));
  Descriptor descriptor;
  descriptor.raw = *ByteView(bytes).load<RawGroupDescriptor>(0);
  descriptor.checksum_good = checksum_good(s, group, std::move(bytes));
  return descriptor;
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
  return filesystem.byte_of(s.first_block_of_group(holder) + (has_superblock(s, holder) ? 1 : 0)) + within;
}

Result<std::uint64_t> inode_offset(const Filesystem& filesystem, InodeNumber number, Findings& findings) {
  const Superblock& s = filesystem.superblock();
  const std::string where = "inode " + std::to_string(number.value);
  if (number.value == 0 || number.value > s.inodes_count) {
    return fail(ErrorKind::kCorrupt, where,
                "there is no such inode: they are numbered 1 to " + std::to_string(s.inodes_count));
  }
  const auto index = static_cast<std::uint32_t>(number.value - 1);
  const std::uint32_t group = index / s.inodes_per_group;
  auto descriptor = read_descriptor(filesystem, group);
  if (!descriptor) {
    return fail(
        descriptor.error().kind, where,
        "the descriptor of its group " + std::to_string(group) + " cannot be read: " + descriptor.error().message());
  }
  const std::uint64_t table =
      join(descriptor->raw.bg_inode_table_lo,
           s.desc_size >= sizeof(RawGroupDescriptor) ? descriptor->raw.bg_inode_table_hi.get() : 0);
  const std::uint64_t table_bytes = std::uint64_t{s.inodes_per_group} * s.inode_size;
  if (!s.blocks_valid(table, (table_bytes + s.block_size - 1) / s.block_size)) {
    return fail(ErrorKind::kCorrupt, where,
                "the descriptor of its group " + std::to_string(group) + " puts the inode table at block " +
                    std::to_string(table) + ", where it cannot be");
  }
  if (!descriptor->checksum_good) {
    findings.push_back("the descriptor of group " + std::to_string(group) + " has a wrong checksum");
  }
  return filesystem.byte_of(table) + std::uint64_t{index % s.inodes_per_group} * s.inode_size;
}

}  // namespace coldread::ext4
