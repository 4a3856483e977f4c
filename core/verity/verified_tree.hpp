#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/read/reader.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/merkle_tree.hpp"
#include "core/verity/recent_cache.hpp"
#include "core/verity/tree_blocks.hpp"
#include "core/verity/tree_repair.hpp"

namespace coldread::verity {

/// A stored tree block that is not what its parent, or the root hash, says it is, or that could not be read.
struct TreeFault {
  read::ByteRange range;  ///< file offsets past EOF
  unsigned level = 0;
  std::uint64_t index = 0;  ///< within its level
  read::ByteRange covers;   ///< the data that its hashes stand for: file offsets, whole Merkle blocks
  bool recomputed = false;  ///< what it should be could be recomputed and proven, so that its data was judged by that
  std::string reason;
  friend bool operator==(const TreeFault&, const TreeFault&) = default;
};

/// How many tree faults are kept. A hostile image may claim a tree that is one hole, of any number of bad blocks.
constexpr std::size_t kMaxTreeFaults = 4096;

/// A Merkle tree whose blocks are verified up to the root hash before anything in them is believed. A stored block that
/// is wrong is recomputed where that can be proven (TreeRepair). A few blocks of each level are kept, so that its
/// memory does not grow with the file. Safe to use from several threads at once.
class VerifiedTree {
 public:
  /// `descriptor` and `hasher` must live as long as this. The others are those of VerityStep's constructor.
  VerifiedTree(const Descriptor& descriptor, const Hasher& hasher, std::unique_ptr<const read::Reader> file,
               std::uint64_t tree_offset, const std::atomic<bool>* stop);

  [[nodiscard]] const MerkleTree& shape() const { return blocks_.tree(); }
  /// Which field of the descriptor is wrong, as wrong_field() tells.
  [[nodiscard]] std::optional<std::string> wrong_field() const;

  /// A verified block; or why it, or one above it, cannot be believed.
  struct Block {
    Bytes hashes;
    std::string fault;  ///< empty where the block is good
    /// Why a kernel refuses the data below, where the block is good: the stored one, or one above it, is not.
    std::string refusal;
  };
  /// Only for trees with levels: `index` is less than shape().blocks(0).
  [[nodiscard]] std::shared_ptr<const Block> leaf(std::uint64_t index) const;

  /// The distinct bad blocks that were found so far, sorted by offset; the first kMaxTreeFaults of them.
  [[nodiscard]] std::vector<TreeFault> faults() const;
  /// True where there were more than that.
  [[nodiscard]] bool has_more_faults() const;
  /// True where what was found means nothing, since recomputing a block was stopped.
  [[nodiscard]] bool gave_up() const { return repair_.gave_up(); }

 private:
  [[nodiscard]] std::shared_ptr<const Block> verify(unsigned level, std::uint64_t index, const Block* parent) const;
  [[nodiscard]] ByteSpan expected_hash(std::uint64_t index, const Block* parent) const;
  void set_right(unsigned level, std::uint64_t index, const Block* parent, const std::optional<std::string>& unread,
                 Block& block) const;
  [[nodiscard]] std::string wrong_descriptor(const TreeRepair::Outcome& outcome) const;
  [[nodiscard]] std::string name_of(unsigned level, std::uint64_t index) const;
  void note(unsigned level, std::uint64_t index, bool recomputed, const std::string& reason) const;

  const Descriptor& descriptor_;
  const Hasher& hasher_;
  TreeBlocks blocks_;
  TreeRepair repair_;
  mutable std::vector<std::unique_ptr<RecentCache<const Block>>> recent_;  ///< by level

  mutable std::mutex repair_mutex_;  ///< what one thread recomputes the others wait for
  mutable std::mutex faults_mutex_;
  mutable std::map<std::uint64_t, TreeFault> faults_;  ///< by file offset
  mutable bool more_faults_ = false;
};

}  // namespace coldread::verity
