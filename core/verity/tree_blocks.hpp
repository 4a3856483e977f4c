#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/read/reader.hpp"
#include "core/verity/merkle_tree.hpp"
#include "core/verity/recent_cache.hpp"

namespace coldread::verity {

/// The blocks of a stored Merkle tree, read in larger pieces of which a few are kept. What they hold is not verified.
/// Safe to use from several threads at once.
class TreeBlocks {
 public:
  /// `file` reads the file as it is mapped, what lies past EOF included, decrypted; the tree starts at file offset
  /// `tree_offset`.
  TreeBlocks(const MerkleTree& tree, std::unique_ptr<const read::Reader> file, std::uint64_t tree_offset);

  [[nodiscard]] const MerkleTree& tree() const { return tree_; }
  /// What reads the file: its data, and its metadata past EOF.
  [[nodiscard]] const read::Reader& file() const { return *file_; }
  [[nodiscard]] std::uint64_t tree_offset() const { return tree_offset_; }
  /// Where a block lies, as a file offset.
  [[nodiscard]] std::uint64_t file_offset(unsigned level, std::uint64_t index) const {
    return tree_offset_ + tree_.offset(level, index);
  }

  /// Fills `out`, a block long, with a block of the tree; or why that failed.
  [[nodiscard]] std::optional<std::string> read(unsigned level, std::uint64_t index, MutableByteSpan out) const;

 private:
  struct Piece;

  [[nodiscard]] std::shared_ptr<const Piece> piece_at(std::uint64_t offset) const;

  MerkleTree tree_;
  std::unique_ptr<const read::Reader> file_;
  std::uint64_t tree_offset_;
  std::uint64_t piece_size_;
  mutable RecentCache<Piece> pieces_;
};

}  // namespace coldread::verity
