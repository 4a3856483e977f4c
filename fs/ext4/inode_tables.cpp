#include "fs/ext4/inode_tables.hpp"

#include <algorithm>

#include "core/base/finding.hpp"
#include "fs/ext4/group_descriptors.hpp"

namespace coldread::ext4 {
namespace {

// 512 TiB of 4 KiB blocks; each group costs the reading of its descriptor.
constexpr std::uint32_t kMaxGroups = 1 << 22;

}  // namespace

std::optional<InodeTables> InodeTables::find(const Filesystem& filesystem) {
  const Superblock& s = filesystem.superblock();
  if (s.group_count > kMaxGroups) return std::nullopt;
  InodeTables tables;
  tables.inodes_per_group_ = s.inodes_per_group;
  tables.inodes_per_block_ = s.block_size / s.inode_size;
  for (std::uint32_t group = 0; group < s.group_count; ++group) {
    Findings findings;
    // A group without a readable descriptor has no inodes that could be read either.
    const auto descriptor = read_descriptor(filesystem, group, findings);
    if (!descriptor) continue;
    tables.tables_.push_back({descriptor->inode_table, std::uint64_t{group} * s.inodes_per_group + 1});
  }
  std::sort(tables.tables_.begin(), tables.tables_.end(),
            [](const Table& a, const Table& b) { return a.block < b.block; });
  return tables;
}

std::optional<InodeSlots> InodeTables::slots_in(std::uint64_t block) const {
  const auto after =
      std::partition_point(tables_.begin(), tables_.end(), [&](const Table& table) { return table.block <= block; });
  if (after == tables_.begin()) return std::nullopt;
  const Table& table = *(after - 1);
  const std::uint64_t blocks = (std::uint64_t{inodes_per_group_} + inodes_per_block_ - 1) / inodes_per_block_;
  const std::uint64_t index = block - table.block;
  if (index >= blocks) return std::nullopt;
  const std::uint64_t before = index * inodes_per_block_;
  const std::uint64_t count = std::min<std::uint64_t>(inodes_per_block_, inodes_per_group_ - before);
  return InodeSlots{{table.first + before}, static_cast<std::uint32_t>(count)};
}

}  // namespace coldread::ext4
