#include "fs/ext4/block_fate.hpp"

namespace coldread::ext4 {

std::string fault_reason(const BlockFate& fate, std::uint64_t first, std::uint64_t last) {
  const bool one = first == last;
  const std::string blocks =
      one ? "block " + std::to_string(first) : "blocks " + std::to_string(first) + " to " + std::to_string(last);
  switch (fate.kind) {
    case BlockFate::Kind::kInUse: return blocks + (one ? " belongs" : " belong") + " to another file now";
    case BlockFate::Kind::kUnknown:
      return "whether " + blocks + (one ? " belongs" : " belong") + " to another file now is not known";
    case BlockFate::Kind::kRewritten:
      return blocks + (one ? " was" : " were") + " written anew in transaction " + std::to_string(fate.by);
    case BlockFate::Kind::kGiven:
      return blocks + " belonged to " + (fate.by != 0 ? "inode " + std::to_string(fate.by) : "another file") + " later";
    case BlockFate::Kind::kHidden: return "whether another file had " + blocks + " later is not known";
    case BlockFate::Kind::kNowhere: return "no file can be at " + blocks;
    case BlockFate::Kind::kLeft:
    case BlockFate::Kind::kCopied: break;
  }
  return "the content of " + blocks + " is in the journal, and cannot be read there";
}

BlockFate BlockFates::fate_of(std::uint64_t block, const FileVersion& version) const {
  using Kind = BlockFate::Kind;
  if (!filesystem_->superblock().blocks_valid(block, 1)) return {Kind::kNowhere, nullptr, 0};
  if (const JournalCopy* copy = history_->content_at(block, version.sequence)) {
    // The copy was what the file had, whatever became of the block since, unless a revoke block is missing.
    if (history_->headers_good()) return {Kind::kCopied, copy, 0};
    return {Kind::kRewritten, nullptr, copy->sequence};
  }
  switch (in_use_.use_of(block)) {
    case BlockUse::kInUse: return {Kind::kInUse, nullptr, 0};
    case BlockUse::kUnknown: return {Kind::kUnknown, nullptr, 0};
    case BlockUse::kFree: break;
  }
  if (const auto later = history_->written_after(block, version.sequence)) return {Kind::kRewritten, nullptr, *later};
  if (const auto owner = owners_.later_owner(*history_, block, version)) return {Kind::kGiven, nullptr, owner->inode};
  if (!owners_.known_since(*history_, version.sequence)) return {Kind::kHidden, nullptr, 0};
  return {};
}

}  // namespace coldread::ext4
