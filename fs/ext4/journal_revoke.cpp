#include "fs/ext4/journal_revoke.hpp"

#include <algorithm>
#include <string>

namespace coldread::ext4 {

Result<std::vector<std::uint64_t>> parse_revokes(const JournalSuperblock& journal, ByteView block) {
  const std::uint32_t count = block.load<Be32>(offsetof(RawRevokeHeader, r_count)).value_or(Be32(0));
  if (count > journal.usable_size()) {
    return fail(ErrorKind::kCorrupt, "", "r_count is " + std::to_string(count) + ", more than the block holds");
  }
  std::vector<std::uint64_t> blocks;
  const std::uint64_t size = journal.has_64bit ? sizeof(Be64) : sizeof(Be32);
  for (std::uint64_t at = sizeof(RawRevokeHeader); at + size <= count; at += size) {
    const auto number = journal.has_64bit ? block.load<Be64>(at).value_or(Be64(0)).get()
                                          : std::uint64_t{block.load<Be32>(at).value_or(Be32(0)).get()};
    blocks.push_back(number);
  }
  return blocks;
}

RevokeTable::RevokeTable(std::vector<std::uint64_t> blocks) {
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  records_.reserve(blocks.size());
  for (const std::uint64_t block : blocks) records_.push_back({block, std::nullopt});
}

void RevokeTable::revoke(std::uint64_t block, std::uint32_t sequence) {
  const auto at = std::partition_point(records_.begin(), records_.end(),
                                       [&](const Record& record) { return record.block < block; });
  if (at == records_.end() || at->block != block) return;
  if (!at->sequence || tid_after(sequence, *at->sequence)) at->sequence = sequence;
}

bool RevokeTable::revoked(std::uint64_t block, std::uint32_t sequence) const {
  const auto at = std::partition_point(records_.begin(), records_.end(),
                                       [&](const Record& record) { return record.block < block; });
  return at != records_.end() && at->block == block && at->sequence && !tid_after(sequence, *at->sequence);
}

}  // namespace coldread::ext4
