#include "core/verity/verified_tree.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/verity/wrong_field.hpp"

namespace coldread::verity {
namespace {

/// Blocks kept of each level: neighbouring windows, read by several threads, share the blocks above them. Of small
/// blocks more: each covers little.
constexpr std::size_t kMinBlocksOfLevel = 8;
constexpr std::size_t kBytesOfLevel = 256 << 10;

}  // namespace

VerifiedTree::VerifiedTree(const Descriptor& descriptor, const Hasher& hasher, std::unique_ptr<const read::Reader> file,
                           std::uint64_t tree_offset, const std::atomic<bool>* stop)
    : descriptor_(descriptor),
      hasher_(hasher),
      // parse_descriptor() has made this tree before: it gives no descriptor whose tree is none.
      blocks_(MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size).value(),
              std::move(file), tree_offset),
      repair_(blocks_, hasher, stop) {
  const std::size_t kept = std::max<std::size_t>(kMinBlocksOfLevel, kBytesOfLevel / shape().block_size());
  for (unsigned level = 0; level < shape().levels(); ++level) {
    recent_.push_back(std::make_unique<RecentCache<const Block>>(kept));
  }
}

std::shared_ptr<const VerifiedTree::Block> VerifiedTree::leaf(std::uint64_t index) const {
  // Up to the first block that was verified before, or past the top; then down again, each block against its parent.
  std::array<std::uint64_t, kMaxLevels> path{};
  std::shared_ptr<const Block> block;
  unsigned level = 0;
  for (; level < shape().levels(); ++level, index /= shape().hashes_per_block()) {
    path[level] = index;
    block = recent_[level]->find(index);
    if (block) break;
  }
  while (level > 0 && (!block || block->fault.empty())) {
    --level;
    block = recent_[level]->insert(path[level], verify(level, path[level], block.get()));
  }
  return block;
}

std::shared_ptr<const VerifiedTree::Block> VerifiedTree::verify(unsigned level, std::uint64_t index,
                                                                const Block* parent) const {
  auto block = std::make_shared<Block>();
  block->hashes.resize(shape().block_size());
  if (parent != nullptr) block->refusal = parent->refusal;
  const auto unread = blocks_.read(level, index, block->hashes);
  if (!unread) {
    const ByteSpan expected = expected_hash(index, parent);
    const Bytes actual = hasher_.hash(block->hashes);
    if (std::equal(actual.begin(), actual.end(), expected.begin(), expected.end())) return block;
  }
  const std::lock_guard lock(repair_mutex_);
  if (auto done = recent_[level]->find(index)) return done;
  set_right(level, index, parent, unread, *block);
  return recent_[level]->insert(index, std::move(block));  // before another thread gets the lock and does it again
}

ByteSpan VerifiedTree::expected_hash(std::uint64_t index, const Block* parent) const {
  if (parent == nullptr) return descriptor_.root_hash;
  const std::size_t at = static_cast<std::size_t>(index % shape().hashes_per_block()) * hasher_.digest_size();
  return ByteSpan(parent->hashes).subspan(at, hasher_.digest_size());
}

/// Recomputes a block that is not what it should be, or says why nothing below it can be believed.
void VerifiedTree::set_right(unsigned level, std::uint64_t index, const Block* parent,
                             const std::optional<std::string>& unread, Block& block) const {
  TreeRepair::Outcome outcome =
      repair_.repair(level, index, unread ? nullptr : &block.hashes, expected_hash(index, parent));
  std::string reason = name_of(level, index);
  if (unread) {
    reason += " could not be read: " + *unread;
  } else if (parent != nullptr) {
    reason += " does not match its parent";
  } else {
    reason += " does not match the descriptor's root hash";
  }
  if (outcome.block) {
    block.hashes = std::move(*outcome.block);
    if (block.refusal.empty()) block.refusal = reason;
    note(level, index, true, reason);
    return;
  }
  block.refusal.clear();
  if (parent == nullptr) {
    block.fault = wrong_descriptor(outcome);
    if (!block.fault.empty()) return;
  }
  block.fault = reason;
  note(level, index, false, reason);
}

/// Why it is the descriptor that is wrong, and not the top block of the tree; empty where it is the block.
std::string VerifiedTree::wrong_descriptor(const TreeRepair::Outcome& outcome) const {
  if (outcome.stored_agrees) return "the descriptor's root hash does not match the Merkle tree";
  if (auto field = wrong_field()) return std::move(*field);
  if (!outcome.nothing_agrees) return "";
  return "neither the descriptor's root hash nor any hash in the Merkle tree's top block matches: the descriptor, that "
         "block or all of the tree is wrong";
}

std::optional<std::string> VerifiedTree::wrong_field() const {
  return verity::wrong_field(descriptor_, blocks_.file(), blocks_.tree_offset());
}

std::string VerifiedTree::name_of(unsigned level, std::uint64_t index) const {
  return "Merkle tree block " + std::to_string(index) + " of level " + std::to_string(level) + " (file offset " +
         std::to_string(blocks_.file_offset(level, index)) + ")";
}

void VerifiedTree::note(unsigned level, std::uint64_t index, bool recomputed, const std::string& reason) const {
  const std::uint64_t offset = blocks_.file_offset(level, index);
  const std::uint64_t covered = shape().data_blocks_per_hash(level) * shape().hashes_per_block();
  const std::uint64_t first = index * covered;
  const std::uint64_t count = std::min(covered, shape().data_blocks() - first);
  const std::uint64_t block = shape().block_size();
  const std::lock_guard lock(faults_mutex_);
  faults_.try_emplace(offset,
                      TreeFault{{offset, block}, level, index, {first * block, count * block}, recomputed, reason});
  if (faults_.size() > kMaxTreeFaults) {
    faults_.erase(std::prev(faults_.end()));
    more_faults_ = true;
  }
}

bool VerifiedTree::has_more_faults() const {
  const std::lock_guard lock(faults_mutex_);
  return more_faults_;
}

std::vector<TreeFault> VerifiedTree::faults() const {
  std::vector<TreeFault> sorted;
  const std::lock_guard lock(faults_mutex_);
  sorted.reserve(faults_.size());
  for (const auto& [offset, fault] : faults_) sorted.push_back(fault);
  return sorted;
}

}  // namespace coldread::verity
