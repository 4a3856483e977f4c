#include "fs/ext4/inodes_in_use.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "fs/ext4/bitmaps.hpp"
#include "fs/ext4/group_descriptors.hpp"

namespace coldread::ext4 {
namespace {

bool is_the_filesystems_own(const Superblock& s, std::uint64_t number) {
  if (number < s.first_inode) return number != kRootInode;
  const std::array own = {s.raw.s_journal_inum.get(),   s.raw.s_usr_quota_inum.get(),   s.raw.s_grp_quota_inum.get(),
                          s.raw.s_prj_quota_inum.get(), s.raw.s_orphan_file_inum.get(), s.raw.s_snapshot_inum.get()};
  return std::find(own.begin(), own.end(), number) != own.end();
}

}  // namespace

volume::InodeList inodes_in_use(const Filesystem& filesystem, std::uint32_t group) {
  const Superblock& s = filesystem.superblock();
  volume::InodeList list;
  const std::uint64_t first = std::uint64_t{group} * s.inodes_per_group + 1;
  if (group + 1 < s.group_count) list.next.value = first + s.inodes_per_group;
  // The rest of a cut-off image has no inodes that could be read.
  if (filesystem.byte_of(s.first_block_of_group(group)) >= filesystem.source->size()) {
    list.next.value = 0;
    return list;
  }
  const auto descriptor = read_descriptor(filesystem, group, list.findings);
  if (!descriptor) {
    list.findings.push_back(descriptor.error().message());
    return list;
  }
  if (descriptor->flags & kInodeUninit) return list;
  const std::string name = "the inode bitmap of group " + std::to_string(group);
  const auto bitmap = read_bitmap(filesystem, *descriptor, Bitmap::kInodes);
  if (!bitmap) {
    list.findings.push_back(name + ": " + bitmap.error());
    return list;
  }
  if (!bitmap->checksum_good) list.findings.push_back(name + ": its checksum is wrong");
  const ByteView bits(bitmap->bits);
  for (std::uint32_t i = 0; i < s.inodes_per_group; ++i) {
    const bool used = (bits.byte(i / 8).value_or(0) >> (i % 8) & 1) != 0;
    if (used && !is_the_filesystems_own(s, first + i)) list.inodes.push_back({first + i});
  }
  return list;
}

}  // namespace coldread::ext4
