#include "fs/ext4/block_claims.hpp"

#include <utility>

#include "core/volume/inode.hpp"
#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/layout.hpp"
#include "fs/ext4/read_block.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::size_t kMaxClaims = 1 << 20;
constexpr std::size_t kMaxNodes = 1 << 17;
constexpr std::size_t kDirectBlocks = 12;
constexpr unsigned kIndirectLevels = 3;

}  // namespace

void BlockClaims::add(ByteView record, const FileVersion& version) {
  using volume::FileType;
  const FileType type = volume::type_of_mode(record.load<Le16>(offsetof(RawInode, i_mode))->get());
  if (type != FileType::kFile && type != FileType::kDir && type != FileType::kSymlink) return;
  const std::uint32_t flags = record.load<Le32>(offsetof(RawInode, i_flags))->get();
  if (flags & kInlineDataFlag) return;
  const ByteView root = *record.sub(offsetof(RawInode, i_block), sizeof(RawInode::i_block));
  const bool extents = (flags & kExtentsFlag) != 0;
  nodes_.clear();
  if (extents) {
    if (const auto depth = root_depth(root)) add_extents(root, *depth, 0, true, version);
  } else if (type != FileType::kSymlink) {  // a fast one's target would be taken for block numbers
    add_numbers(*root.sub(0, kDirectBlocks * sizeof(Le32)), 0, version);
    for (unsigned level = 0; level < kIndirectLevels; ++level) {
      nodes_.push_back({root.load<Le32>((kDirectBlocks + level) * sizeof(Le32))->get(), level, 0});
    }
  }
  look_into(extents, version);
}

void BlockClaims::add_extents(ByteView node, unsigned depth, std::uint64_t first, bool is_root,
                              const FileVersion& version) {
  const auto parsed = ExtentNode::parse(node, depth, {first, kMaxFileBlocks}, is_root);
  if (!parsed) return;
  for (std::uint32_t i = 0; i < parsed->entries(); ++i) {
    if (depth != 0) {
      nodes_.push_back({parsed->child(i), depth - 1, parsed->first_block(i)});
      continue;
    }
    const LeafExtent extent = parsed->extent(i);
    claim(extent.start, extent.length, version);
  }
}

void BlockClaims::add_numbers(ByteView numbers, unsigned level, const FileVersion& version) {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  for (std::uint64_t at = 0; at + sizeof(Le32) <= numbers.size(); at += sizeof(Le32)) {
    const std::uint64_t block = numbers.load<Le32>(at)->get();
    if (level != 0) {
      if (block != 0) nodes_.push_back({block, level - 1, 0});
      continue;
    }
    if (block != end || block == 0) {
      claim(begin, end - begin, version);
      begin = end = block;
    }
    if (block != 0) ++end;
  }
  claim(begin, end - begin, version);
}

void BlockClaims::look_into(bool extents, const FileVersion& version) {
  while (!nodes_.empty() && whole_) {
    const Node node = nodes_.back();
    nodes_.pop_back();
    if (!filesystem_.superblock().blocks_valid(node.block, 1)) continue;
    claim(node.block, 1, version);
    const Bytes bytes = content(node.block, version);
    if (bytes.empty()) continue;
    if (extents) add_extents(bytes, node.level, node.first, false, version);
    if (!extents) add_numbers(bytes, node.level, version);
  }
  nodes_.clear();
}

/// What the block held then, as far as it is known; nothing where it is not, or was looked into before.
Bytes BlockClaims::content(std::uint64_t block, const FileVersion& version) {
  const JournalCopy* copy = history_.content_at(block, version.sequence);
  if (!seen_.emplace(version.inode, version.generation, block, copy != nullptr ? copy->log_block : 0).second) return {};
  if (seen_.size() > kMaxNodes) whole_ = false;
  if (copy == nullptr) {
    // Of what was before the log, the nearest state that is left says nearly the same.
    for (const JournalCopy& later : history_.copies_of(block)) {
      if (history_.after(later.sequence, version.sequence)) copy = &later;
    }
  }
  if (copy != nullptr) {
    if (auto bytes = history_.read(*copy)) return *std::move(bytes);
    note_lost(version.sequence);
    return {};
  }
  auto bytes = read_block(filesystem_, block);
  return bytes ? *std::move(bytes) : Bytes{};
}

void BlockClaims::note_lost(std::uint32_t sequence) {
  if (!lost_ || history_.after(sequence, *lost_)) lost_ = sequence;
}

void BlockClaims::claim(std::uint64_t block, std::uint64_t count, const FileVersion& version) {
  if (block == 0 || count == 0 || !filesystem_.superblock().blocks_valid(block, count)) return;
  // The newest version with the same run says all that older ones could.
  if (!claimed_.emplace(version.inode, version.generation, block, count).second) return;
  if (claims_.size() >= kMaxClaims) {
    whole_ = false;
    return;
  }
  claims_.push_back({block, block + count, version});
}

}  // namespace coldread::ext4
