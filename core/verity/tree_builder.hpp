#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/merkle_tree.hpp"

namespace coldread::verity {

/// Builds a Merkle tree (fsverity.rst, "Merkle tree") or a part of one from the hashes of data blocks, as these come.
/// It holds one block of each level, whatever the file's size.
class TreeBuilder {
 public:
  /// Told of each tree block as soon as it is whole, padded with zeros; `index` counts within its level of the whole
  /// tree. Children come before their parent, the blocks of a level in order.
  using OnBlock = std::function<void(unsigned level, std::uint64_t index, ByteSpan block)>;

  /// Builds the whole tree. `hasher` must live as long as this; `on_block` may be empty.
  TreeBuilder(const Hasher& hasher, const MerkleTree& shape, OnBlock on_block);
  /// Builds block `index` of `level`, which the shape has, with all blocks below it.
  TreeBuilder(const Hasher& hasher, const MerkleTree& shape, OnBlock on_block, unsigned level, std::uint64_t index);

  /// The data blocks that the part covers: [first_data_block(), end_data_block()).
  [[nodiscard]] std::uint64_t first_data_block() const { return first_; }
  [[nodiscard]] std::uint64_t end_data_block() const { return end_; }
  /// The data block whose hash is added next.
  [[nodiscard]] std::uint64_t next_data_block() const { return next_; }

  /// Adds the hashes of the data blocks that are next, one after the other; none past end_data_block().
  void add(ByteSpan digests);
  /// Adds one hash for each of the next `count` data blocks, as those of a hole have. What the tree repeats of it is
  /// hashed once.
  void add_run(ByteSpan digest, std::uint64_t count);

  /// Once all hashes were added: closes the blocks that are not full, and returns the root hash of a whole tree (zeros
  /// for an empty file, the data block's hash where there is but one), or the hash of the part's topmost block.
  [[nodiscard]] Bytes finish();
  /// After finish(): the topmost block, padded with zeros. Only where the tree has levels.
  [[nodiscard]] const Bytes& top_block() const { return levels_.back().block; }

 private:
  struct Level {
    Bytes block;
    std::size_t used = 0;     ///< bytes of it
    std::uint64_t index = 0;  ///< of the block, within the whole level
    Bytes run_digest;         ///< the hash that last filled blocks,
    Bytes run_hash;           ///< and what such a block hashes to
  };

  void put(unsigned level, ByteSpan digest);
  [[nodiscard]] Bytes close(unsigned level);
  [[nodiscard]] Bytes close_run(unsigned level, ByteSpan digest, std::uint64_t blocks);

  const Hasher& hasher_;
  OnBlock on_block_;
  std::vector<Level> levels_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t next_ = 0;
  Bytes top_hash_;
};

}  // namespace coldread::verity
