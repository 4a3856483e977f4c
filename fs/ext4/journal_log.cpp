#include "fs/ext4/journal_log.hpp"

#include <algorithm>
#include <utility>

namespace coldread::ext4 {

JournalLog::JournalLog(std::shared_ptr<const source::BlockSource> source, std::vector<JournalRun> runs,
                       const JournalSuperblock& superblock, bool external)
    : source_(std::move(source)), runs_(std::move(runs)), superblock_(superblock), external_(external) {}

std::optional<std::uint64_t> JournalLog::offset_of(std::uint64_t block) const {
  if (block >= superblock_.length) return std::nullopt;
  const auto after = std::partition_point(runs_.begin(), runs_.end(),
                                          [&](const JournalRun& run) { return run.block + run.count <= block; });
  if (after == runs_.end() || after->block > block) return std::nullopt;
  return after->offset + (block - after->block) * superblock_.block_size;
}

Result<void> JournalLog::read(std::uint64_t block, MutableByteSpan out) const {
  const auto offset = offset_of(block);
  if (!offset) return fail(ErrorKind::kCorrupt, where(block), "it lies nowhere");
  if (auto done = source::read_exactly(*source_, *offset, out); !done) {
    return fail(ErrorKind::kRead, where(block), done.error().what);
  }
  return {};
}

Result<Bytes> JournalLog::read(std::uint64_t block) const {
  Bytes bytes(superblock_.block_size);
  if (auto done = read(block, bytes); !done) return fail(std::move(done.error()));
  return bytes;
}

std::string JournalLog::where(std::uint64_t block) const {
  const auto offset = offset_of(block);
  const std::string name = std::string(external_ ? "external " : "") + "journal block " + std::to_string(block);
  return offset ? name + " (byte " + std::to_string(*offset) + ")" : name;
}

}  // namespace coldread::ext4
