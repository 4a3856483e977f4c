#include "core/verity/merkle_tree.hpp"

#include <limits>
#include <string>

namespace coldread::verity {

Result<MerkleTree> MerkleTree::make(HashAlgorithm algorithm, std::uint32_t block_size, std::uint64_t data_size) {
  // Within the kernel's signed file sizes no sum below can overflow: the whole tree is smaller than the data.
  if (data_size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(ErrorKind::kCorrupt, "", "a file size of " + std::to_string(data_size) + " bytes is past the largest");
  }
  MerkleTree tree;
  tree.block_size_ = block_size;
  tree.hashes_per_block_ = block_size / digest_size(algorithm);
  tree.data_blocks_ = data_size / block_size + (data_size % block_size != 0 ? 1 : 0);

  std::uint64_t covered = 1;
  for (std::uint64_t below = tree.data_blocks_; below > 1; covered *= tree.hashes_per_block_) {
    if (tree.levels_ == kMaxLevels) {
      return fail(ErrorKind::kCorrupt, "",
                  "a Merkle tree over " + std::to_string(data_size) + " bytes in blocks of " +
                      std::to_string(block_size) + " has more than 8 levels");
    }
    below = below / tree.hashes_per_block_ + (below % tree.hashes_per_block_ != 0 ? 1 : 0);
    tree.counts_[tree.levels_] = below;
    tree.covered_[tree.levels_++] = covered;
  }
  for (unsigned level = tree.levels_; level-- > 0;) {
    tree.starts_[level] = tree.size_;
    tree.size_ += tree.counts_[level] * block_size;
  }
  return tree;
}

}  // namespace coldread::verity
