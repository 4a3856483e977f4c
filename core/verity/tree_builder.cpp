#include "core/verity/tree_builder.hpp"

#include <algorithm>
#include <utility>

namespace coldread::verity {

TreeBuilder::TreeBuilder(const Hasher& hasher, const MerkleTree& shape, OnBlock on_block)
    : hasher_(hasher),
      on_block_(std::move(on_block)),
      levels_(shape.levels()),
      end_(shape.data_blocks()),
      top_hash_(hasher.digest_size()) {
  for (Level& level : levels_) level.block.resize(shape.block_size());
}

TreeBuilder::TreeBuilder(const Hasher& hasher, const MerkleTree& shape, OnBlock on_block, unsigned level,
                         std::uint64_t index)
    : TreeBuilder(hasher, shape, std::move(on_block)) {
  levels_.resize(level + 1);
  const std::uint64_t covered = shape.data_blocks_per_hash(level) * shape.hashes_per_block();
  first_ = next_ = index * covered;
  end_ = first_ + std::min(covered, shape.data_blocks() - first_);
  for (unsigned l = 0; l <= level; ++l) {
    levels_[l].index = first_ / (shape.data_blocks_per_hash(l) * shape.hashes_per_block());
  }
}

void TreeBuilder::add(ByteSpan digests) {
  const std::size_t size = hasher_.digest_size();
  for (; digests.size() >= size; digests = digests.subspan(size), ++next_) put(0, digests.first(size));
}

void TreeBuilder::add_run(ByteSpan digest, std::uint64_t count) {
  next_ += count;
  Bytes current(digest.begin(), digest.end());
  for (unsigned level = 0; count != 0; ++level) {
    if (level == levels_.size()) {
      top_hash_ = current;
      return;
    }
    for (; levels_[level].used != 0 && count != 0; --count) put(level, current);
    const std::size_t per_block = levels_[level].block.size() / current.size();
    const std::uint64_t blocks = count / per_block;
    Bytes hash;
    if (blocks != 0) hash = close_run(level, current, blocks);
    for (count %= per_block; count != 0; --count) put(level, current);
    current = std::move(hash);
    count = blocks;
  }
}

Bytes TreeBuilder::finish() {
  for (unsigned level = 0; level < levels_.size(); ++level) {
    if (levels_[level].used != 0) put(level + 1, close(level));
  }
  return top_hash_;
}

/// Adds a hash to a level, and what this makes whole to those above.
void TreeBuilder::put(unsigned level, ByteSpan digest) {
  Bytes hash(digest.begin(), digest.end());
  for (; level < levels_.size(); ++level) {
    Level& to = levels_[level];
    std::copy(hash.begin(), hash.end(), to.block.begin() + static_cast<std::ptrdiff_t>(to.used));
    to.used += hash.size();
    if (to.used != to.block.size()) return;
    hash = close(level);
  }
  top_hash_ = std::move(hash);
}

/// Ends a level's block, and returns its hash.
Bytes TreeBuilder::close(unsigned level) {
  Level& of = levels_[level];
  std::fill(of.block.begin() + static_cast<std::ptrdiff_t>(of.used), of.block.end(), std::byte{0});
  if (on_block_) on_block_(level, of.index, of.block);
  ++of.index;
  of.used = 0;
  return hasher_.hash(of.block);
}

/// Makes blocks that hold nothing but this hash, where none has been begun, and returns the hash that each has.
Bytes TreeBuilder::close_run(unsigned level, ByteSpan digest, std::uint64_t blocks) {
  Level& of = levels_[level];
  for (auto at = of.block.begin(); at != of.block.end(); at = std::copy(digest.begin(), digest.end(), at)) {
  }
  if (!std::equal(digest.begin(), digest.end(), of.run_digest.begin(), of.run_digest.end())) {
    of.run_digest.assign(digest.begin(), digest.end());
    of.run_hash = hasher_.hash(of.block);
  }
  for (std::uint64_t i = 0; on_block_ && i < blocks; ++i) on_block_(level, of.index + i, of.block);
  of.index += blocks;
  return of.run_hash;
}

}  // namespace coldread::verity
