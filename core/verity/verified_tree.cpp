#include "core/verity/verified_tree.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/verity/root_check.hpp"

namespace coldread::verity {
namespace {

/// Blocks kept of each level: neighbouring windows, read by several threads, share the blocks above them.
constexpr std::size_t kBlocksOfLevel = 8;

}  // namespace

VerifiedTree::VerifiedTree(const Descriptor& descriptor, const Hasher& hasher,
                           std::unique_ptr<const read::Reader> past_eof, std::uint64_t tree_offset,
                           std::unique_ptr<const read::Reader> data)
    : hasher_(hasher),
      root_hash_(descriptor.root_hash),
      // parse_descriptor() has made this tree before: it gives no descriptor whose tree is none.
      blocks_(MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size).value(),
              std::move(past_eof), tree_offset),
      data_(std::move(data)) {
  for (unsigned level = 0; level < shape().levels(); ++level) {
    recent_.push_back(std::make_unique<RecentCache<const Block>>(kBlocksOfLevel));
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
  if (const auto unread = blocks_.read(level, index, block->hashes)) {
    block->fault = name_of(level, index) + " could not be read: " + *unread;
    note(level, index, block->fault);
    return block;
  }
  ByteSpan expected = root_hash_;
  if (parent != nullptr) {
    const std::size_t at = static_cast<std::size_t>(index % shape().hashes_per_block()) * hasher_.digest_size();
    expected = ByteSpan(parent->hashes).subspan(at, hasher_.digest_size());
  }
  const Bytes actual = hasher_.hash(block->hashes);
  if (std::equal(actual.begin(), actual.end(), expected.begin(), expected.end())) return block;
  if (parent == nullptr) {
    block->fault = root_mismatch(block->hashes);
    if (root_is_wrong_) return block;
  } else {
    block->fault = name_of(level, index) + " does not match its parent";
  }
  note(level, index, block->fault);
  return block;
}

const std::string& VerifiedTree::root_mismatch(ByteSpan top) const {
  std::call_once(root_checked_, [&] {
    root_is_wrong_ = top_block_matches_below(top, blocks_, hasher_, data_.get());
    root_mismatch_ = root_is_wrong_ ? "the descriptor's root hash does not match the Merkle tree"
                                    : name_of(shape().levels() - 1, 0) + " does not match the descriptor's root hash";
  });
  return root_mismatch_;
}

std::string VerifiedTree::name_of(unsigned level, std::uint64_t index) const {
  return "Merkle tree block " + std::to_string(index) + " of level " + std::to_string(level) + " (file offset " +
         std::to_string(blocks_.file_offset(level, index)) + ")";
}

void VerifiedTree::note(unsigned level, std::uint64_t index, const std::string& reason) const {
  const std::uint64_t offset = blocks_.file_offset(level, index);
  const std::lock_guard lock(faults_mutex_);
  faults_.try_emplace(offset, TreeFault{{offset, shape().block_size()}, level, index, reason});
  if (faults_.size() > kMaxTreeFaults) faults_.erase(std::prev(faults_.end()));
}

std::vector<TreeFault> VerifiedTree::faults() const {
  std::vector<TreeFault> sorted;
  const std::lock_guard lock(faults_mutex_);
  sorted.reserve(faults_.size());
  for (const auto& [offset, fault] : faults_) sorted.push_back(fault);
  return sorted;
}

}  // namespace coldread::verity
