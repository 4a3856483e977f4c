#include "fs/ext4/changed_inodes.hpp"

#include <algorithm>
#include <optional>

#include "fs/ext4/inode_tables.hpp"

namespace coldread::ext4 {
namespace {

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
  const auto tables = InodeTables::find(filesystem);
  if (!tables) {
    changed.known = false;
    return changed;
  }
  std::vector<std::uint64_t> numbers;
  for (const std::uint64_t block : blocks) {
    const std::uint64_t offset = filesystem.byte_of(block);
    const auto slots = tables->slots_in(block);
    if (!slots) continue;
    const auto pair = read_both(filesystem, before, offset);
    if (!pair) continue;
    for (std::uint32_t slot = 0; slot < slots->count; ++slot) {
      const std::uint64_t at = std::uint64_t{slot} * s.inode_size;
      const auto begin = static_cast<std::ptrdiff_t>(at);
      const auto end = begin + static_cast<std::ptrdiff_t>(s.inode_size);
      if (std::equal(pair->before.begin() + begin, pair->before.begin() + end, pair->after.begin() + begin)) continue;
      ++changed.total;
      numbers.push_back(slots->first.value + slot);
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
