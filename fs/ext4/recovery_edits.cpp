#include "fs/ext4/recovery_edits.hpp"

#include <algorithm>
#include <iterator>

#include "fs/ext4/edited_map.hpp"

namespace coldread::ext4 {

void RangeEdits::cut_at(std::uint64_t block) {
  auto at = edits_.lower_bound(block);
  if (at == edits_.begin()) return;
  auto& [begin, edit] = *std::prev(at);
  if (edit.end <= block) return;
  RangeEdit rest = edit;
  rest.start += block - begin;
  edit.end = block;
  edits_.emplace_hint(at, block, rest);
}

void RangeEdits::set(BlockRange range, RangeEdit edit) {
  if (range.begin >= range.end) return;
  cut_at(range.begin);
  cut_at(range.end);
  edits_.erase(edits_.lower_bound(range.begin), edits_.lower_bound(range.end));
  edit.end = range.end;
  edits_.emplace(range.begin, edit);
}

void RecoveryEdits::apply_names(InodeNumber inode, volume::Directory& directory) const {
  const auto found = directories.find(inode.value);
  if (found == directories.end()) return;
  const NameEdits& edits = found->second;
  std::erase_if(directory.entries, [&](const volume::DirEntry& entry) {
    return edits.removed.contains({entry.name, entry.inode.value});
  });
  for (const auto& [name, number] : edits.added) {
    volume::DirEntry entry;
    entry.name = name;
    entry.inode.value = number;
    directory.entries.push_back(std::move(entry));
  }
}

bool RecoveryEdits::made_new(InodeNumber inode) const {
  const auto found = directories.find(inode.value);
  return found != directories.end() && found->second.made_new;
}

read::FileMap over_map(const std::shared_ptr<const RecoveryEdits>& edits, InodeNumber inode, const read::FileMap& map,
                       unsigned block_bits) {
  if (!edits) return map;
  const auto found = edits->ranges.find(inode.value);
  if (found == edits->ranges.end() || found->second.empty()) return map;
  auto edited =
      std::make_shared<const EditedMap>(map, std::shared_ptr<const RangeEdits>(edits, &found->second), block_bits);
  const std::uint64_t end = edited->mapped_end();
  return read::FileMap::make(std::move(edited), map.size(), end);
}

}  // namespace coldread::ext4
