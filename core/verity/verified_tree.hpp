#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/read/reader.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/merkle_tree.hpp"
#include "core/verity/recent_cache.hpp"
#include "core/verity/tree_blocks.hpp"

namespace coldread::verity {

/// A tree block that is not what its parent, or the root hash, says it is, or that could not be read.
struct TreeFault {
  read::ByteRange range;  ///< file offsets past EOF
  unsigned level = 0;
  std::uint64_t index = 0;  ///< within its level
  std::string reason;
  friend bool operator==(const TreeFault&, const TreeFault&) = default;
};

/// How many tree faults are kept. A hostile image may claim a tree that is one hole, of any number of bad blocks.
constexpr std::size_t kMaxTreeFaults = 4096;

/// A Merkle tree whose blocks are verified up to the root hash before anything in them is believed. A few blocks of
/// each level are kept, so that its memory does not grow with the file. Safe to use from several threads at once.
class VerifiedTree {
 public:
  /// `hasher` must live as long as this. The others are those of VerityStep's constructor.
  VerifiedTree(const Descriptor& descriptor, const Hasher& hasher, std::unique_ptr<const read::Reader> past_eof,
               std::uint64_t tree_offset, std::unique_ptr<const read::Reader> data);

  [[nodiscard]] const MerkleTree& shape() const { return blocks_.tree(); }

  /// A verified block of the lowest level; or why the block, or one above it, cannot be believed.
  struct Block {
    Bytes hashes;
    std::string fault;  ///< empty where the block is good
  };
  /// Only for trees with levels: `index` is less than shape().blocks(0).
  [[nodiscard]] std::shared_ptr<const Block> leaf(std::uint64_t index) const;

  /// The distinct bad blocks that were found so far, sorted by offset; the first kMaxTreeFaults of them.
  [[nodiscard]] std::vector<TreeFault> faults() const;

 private:
  [[nodiscard]] std::shared_ptr<const Block> verify(unsigned level, std::uint64_t index, const Block* parent) const;
  [[nodiscard]] const std::string& root_mismatch(ByteSpan top) const;
  [[nodiscard]] std::string name_of(unsigned level, std::uint64_t index) const;
  void note(unsigned level, std::uint64_t index, const std::string& reason) const;

  const Hasher& hasher_;
  Bytes root_hash_;
  TreeBlocks blocks_;
  std::unique_ptr<const read::Reader> data_;
  mutable std::vector<std::unique_ptr<RecentCache<const Block>>> recent_;  ///< by level

  mutable std::once_flag root_checked_;
  mutable std::string root_mismatch_;
  mutable bool root_is_wrong_ = false;  ///< with root_mismatch_: the tree is good, and no tree fault

  mutable std::mutex faults_mutex_;
  mutable std::map<std::uint64_t, TreeFault> faults_;  ///< by file offset
};

}  // namespace coldread::verity
