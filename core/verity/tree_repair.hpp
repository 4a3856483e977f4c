#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/tree_blocks.hpp"

namespace coldread::verity {

/// Recomputes blocks of a Merkle tree that are not what they should be. Nothing is believed but by its hash: a block is
/// given only where it hashes to what its parent, or the root hash, says. Safe to use from several threads at once.
class TreeRepair {
 public:
  /// All must live as long as this. `stop` may be null: once it is true, no data is read any more.
  TreeRepair(const TreeBlocks& blocks, const Hasher& hasher, const std::atomic<bool>* stop)
      : blocks_(blocks), hasher_(hasher), stop_(stop) {}

  struct Outcome {
    std::optional<Bytes> block;   ///< what the block should be: it hashes to what was expected
    bool stored_agrees = false;   ///< the stored block is what the blocks below it make it, as far as they can be read
    bool nothing_agrees = false;  ///< of two hashes or more in the stored block, none is that of what it stands for
  };

  /// Block `index` of `level`, which does not hash to `expected`. `stored` is null where it could not be read. It is
  /// made of the hashes of the stored blocks below it, or else of the data that it covers, all of which is read then;
  /// what cannot be read there has the hash that the stored block says. Where both differ in a few hashes, each choice
  /// among them is tried.
  [[nodiscard]] Outcome repair(unsigned level, std::uint64_t index, const Bytes* stored, ByteSpan expected) const;

  /// True where `stop` ended some of this: an outcome without a block then means nothing.
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  struct Below;

  [[nodiscard]] Below from_tree(unsigned level, std::uint64_t index) const;
  [[nodiscard]] Below from_data(unsigned level, std::uint64_t index) const;
  [[nodiscard]] Below nothing_known(unsigned level, std::uint64_t index) const;
  [[nodiscard]] std::optional<Bytes> fitting(Below below, const Bytes* stored, ByteSpan expected) const;
  [[nodiscard]] std::vector<std::size_t> differences(const Below& below, const Bytes& stored) const;

  const TreeBlocks& blocks_;
  const Hasher& hasher_;
  const std::atomic<bool>* stop_;
  mutable std::atomic<bool> gave_up_{false};
};

}  // namespace coldread::verity
