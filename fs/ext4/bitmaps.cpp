#include "fs/ext4/bitmaps.hpp"

#include <algorithm>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/read_block.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::size_t kMaxFindings = 100;

void check_bitmap(const Filesystem& filesystem, std::uint32_t group, const GroupDescriptor& descriptor, Bitmap which,
                  Findings& findings) {
  const std::string name = std::string("the ") + (which == Bitmap::kBlocks ? "block" : "inode") + " bitmap of group " +
                           std::to_string(group);
  const auto bitmap = read_bitmap(filesystem, descriptor, which);
  if (!bitmap) findings.push_back(name + ": " + bitmap.error());
  if (bitmap && !bitmap->checksum_good) findings.push_back(name + ": its checksum is wrong");
}

}  // namespace

tl::expected<GroupBitmap, std::string> read_bitmap(const Filesystem& filesystem, const GroupDescriptor& descriptor,
                                                   Bitmap which) {
  const Superblock& s = filesystem.superblock();
  const bool blocks = which == Bitmap::kBlocks;
  auto bytes = read_block(filesystem, blocks ? descriptor.block_bitmap : descriptor.inode_bitmap);
  if (!bytes) return tl::unexpected<std::string>(std::move(bytes.error()));
  GroupBitmap bitmap{*std::move(bytes), true};
  if (s.metadata_checksums) {
    const std::size_t summed = (blocks ? s.clusters_per_group : s.inodes_per_group) / 8;
    std::uint32_t sum = crc32c(s.checksum_seed, ByteSpan(bitmap.bits).first(std::min(summed, bitmap.bits.size())));
    if (s.desc_size < sizeof(RawGroupDescriptor)) sum &= 0xffff;
    bitmap.checksum_good = sum == (blocks ? descriptor.block_bitmap_checksum : descriptor.inode_bitmap_checksum);
  }
  return bitmap;
}

Findings check_groups(const Filesystem& filesystem) {
  const Superblock& s = filesystem.superblock();
  Findings findings;
  for (std::uint32_t group = 0; group < s.group_count && findings.size() < kMaxFindings; ++group) {
    if (filesystem.byte_of(s.first_block_of_group(group)) >= filesystem.source->size()) break;
    const auto descriptor = read_descriptor(filesystem, group, findings);
    if (!descriptor) {
      findings.push_back(descriptor.error().message());
      continue;
    }
    if (!s.metadata_checksums) continue;
    if (!(descriptor->flags & kBlockUninit)) check_bitmap(filesystem, group, *descriptor, Bitmap::kBlocks, findings);
    if (!(descriptor->flags & kInodeUninit)) check_bitmap(filesystem, group, *descriptor, Bitmap::kInodes, findings);
  }
  if (findings.size() >= kMaxFindings) findings.emplace_back("further groups were not looked at");
  return findings;
}

}  // namespace coldread::ext4
