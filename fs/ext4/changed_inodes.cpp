#include "fs/ext4/changed_inodes.hpp"

#include <algorithm>
#include <optional>

#include "core/base/finding.hpp"
#include "fs/ext4/group_descriptors.hpp"

namespace coldread::ext4 {
namespace {

// 512 TiB of 4 KiB blocks; each group costs the reading of its descriptor.
constexpr std::uint32_t kMaxGroups = 1 << 22;

/// A group's inode table.
struct Table {
  std::uint64_t offset = 0;  ///< bytes from the filesystem's start
  std::uint64_t first = 0;   ///< number of its first inode
};

std::vector<Table> inode_tables(const Filesystem& filesystem) {
  const Superblock& s = filesystem.superblock();
  std::vector<Table> tables;
  for (std::uint32_t group = 0; group < s.group_count; ++group) {
    const InodeNumber first{std::uint64_t{group} * s.inodes_per_group + 1};
    Findings findings;
    // A group without a readable descriptor has no inodes that could be read either.
    if (const auto offset = inode_offset(filesystem, first, findings)) tables.push_back({*offset, first.value});
  }
  std::sort(tables.begin(), tables.end(), [](const Table& a, const Table& b) { return a.offset < b.offset; });
  return tables;
}

/// Two states of one block; nothing where one of them cannot be read.
struct Pair {
  Bytes before;
  Bytes after;
};

std::optional<Pair> read_both(const Filesystem& filesystem, const source::BlockSource& before, std::uint64_t offset) {
  Pair pair{Bytes(filesystem.block_size()), Bytes(filesystem.block_size())};
  if (!source::read_exactly(*filesystem.source, offset, pair.after)) return std::nullopt;
  if (!source::read_exactly(before, offset, pair.before)) return std::nullopt;
  return pair;
}

}  // namespace

ChangedInodes changed_inodes(const Filesystem& filesystem, const source::BlockSource& before,
                             const std::vector<std::uint64_t>& blocks) {
  ChangedInodes changed;
  if (blocks.empty()) return changed;
  const Superblock& s = filesystem.superblock();
  if (s.group_count > kMaxGroups) {
    changed.known = false;
    return changed;
  }
  const std::vector<Table> tables = inode_tables(filesystem);
  const std::uint64_t table_size = std::uint64_t{s.inodes_per_group} * s.inode_size;
  std::vector<std::uint64_t> numbers;
  for (const std::uint64_t block : blocks) {
    const std::uint64_t offset = filesystem.byte_of(block);
    const auto after =
        std::partition_point(tables.begin(), tables.end(), [&](const Table& table) { return table.offset <= offset; });
    if (after == tables.begin()) continue;
    const Table& table = *(after - 1);
    if (offset - table.offset >= table_size) continue;
    const auto pair = read_both(filesystem, before, offset);
    if (!pair) continue;
    for (std::uint64_t at = 0; at < s.block_size && offset + at < table.offset + table_size; at += s.inode_size) {
      const auto begin = static_cast<std::ptrdiff_t>(at);
      const auto end = begin + static_cast<std::ptrdiff_t>(s.inode_size);
      if (std::equal(pair->before.begin() + begin, pair->before.begin() + end, pair->after.begin() + begin)) continue;
      ++changed.total;
      numbers.push_back(table.first + (offset - table.offset + at) / s.inode_size);
      if (numbers.size() < 2 * kMaxChangedInodes) continue;
      std::nth_element(numbers.begin(), numbers.begin() + kMaxChangedInodes, numbers.end());
      numbers.resize(kMaxChangedInodes);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.resize(std::min(numbers.size(), kMaxChangedInodes));
  changed.numbers = std::move(numbers);
  return changed;
}

}  // namespace coldread::ext4
