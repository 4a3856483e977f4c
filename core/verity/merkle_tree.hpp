#pragma once

#include <array>
#include <cstdint>

#include "core/base/error.hpp"
#include "core/verity/hash_algorithm.hpp"

namespace coldread::verity {

/// The deepest tree that the kernel reads (fs/verity/fsverity_private.h, FS_VERITY_MAX_LEVELS).
constexpr unsigned kMaxLevels = 8;

/// The shape of a Merkle tree (fsverity.rst, "Merkle tree"; fs/verity/open.c): level 0 holds the hashes of the data
/// blocks, the top level is one block, whose hash is the root. The top level is stored first, level 0 last. A file of
/// at most one block has no tree: levels() is 0. All offsets are bytes from the tree's start.
class MerkleTree {
 public:
  /// `block_size` is a power of two of at least two digests. Errors: kCorrupt (more levels than the kernel reads).
  [[nodiscard]] static Result<MerkleTree> make(HashAlgorithm algorithm, std::uint32_t block_size,
                                               std::uint64_t data_size);

  [[nodiscard]] unsigned levels() const { return levels_; }
  [[nodiscard]] std::uint32_t block_size() const { return block_size_; }
  /// Blocks of the file's data, the last one counted in full.
  [[nodiscard]] std::uint64_t data_blocks() const { return data_blocks_; }
  [[nodiscard]] std::uint32_t hashes_per_block() const { return hashes_per_block_; }
  /// Bytes of the whole tree.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Blocks of a level.
  [[nodiscard]] std::uint64_t blocks(unsigned level) const { return counts_[level]; }
  /// Where a block of a level starts.
  [[nodiscard]] std::uint64_t offset(unsigned level, std::uint64_t index) const {
    return starts_[level] + index * block_size_;
  }
  /// How many data blocks one hash of this level covers: 1 at level 0.
  [[nodiscard]] std::uint64_t data_blocks_per_hash(unsigned level) const { return covered_[level]; }

 private:
  MerkleTree() = default;

  unsigned levels_ = 0;
  std::uint32_t block_size_ = 0;
  std::uint32_t hashes_per_block_ = 0;
  std::uint64_t data_blocks_ = 0;
  std::uint64_t size_ = 0;
  std::array<std::uint64_t, kMaxLevels> counts_{};
  std::array<std::uint64_t, kMaxLevels> starts_{};
  std::array<std::uint64_t, kMaxLevels> covered_{};
};

}  // namespace coldread::verity
