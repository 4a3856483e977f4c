#pragma once

#include <memory>

#include "core/base/byte_view.hpp"
#include "core/verity/hash_algorithm.hpp"

namespace coldread::verity {

/// Hashes the blocks of a file and of its Merkle tree: salt, padded with zeros to the algorithm's own block, then the
/// block (fsverity.rst, "Merkle tree"). An empty salt adds nothing. Safe to use from several threads at once.
class Hasher {
 public:
  Hasher(HashAlgorithm algorithm, ByteSpan salt);
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] std::uint32_t digest_size() const { return verity::digest_size(algorithm_); }

  /// The hash of one block.
  [[nodiscard]] Bytes hash(ByteSpan block) const;

  /// The hashes of equal blocks that lie one after the other. `blocks` is a multiple of `block_size` (bytes) long;
  /// `digests` has digest_size() bytes for each of them.
  void hash_blocks(ByteSpan blocks, std::size_t block_size, MutableByteSpan digests) const;

 private:
  class Contexts;

  HashAlgorithm algorithm_;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace coldread::verity
