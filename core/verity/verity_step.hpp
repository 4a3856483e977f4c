#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/read/reader.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/verified_tree.hpp"

namespace coldread::verity {

/// The step that verifies a file's data against its Merkle tree, up to the descriptor's root hash. It changes no byte.
/// Each data block is hashed as it stands in the window, holes as zeros, the last block with what is stored past EOF,
/// as the kernel does. Blocks that failed an earlier step are left alone; where one covers a part of a Merkle block,
/// the other parts of that Merkle block fail here. Faults are told apart by reason:
///  - "does not match the Merkle tree": the data block;
///  - "Merkle tree block N of level L (file offset X) does not match its parent", or "could not be read: ...": all data
///    that this block covers;
///  - "the descriptor's root hash does not match the Merkle tree": all data; the tree itself agrees with what it
///  covers;
///  - "Merkle tree block 0 of level L (file offset X) does not match the descriptor's root hash": all data;
///  - "does not match the descriptor's root hash": the data block of a file that has only one.
class VerityStep final : public read::Step {
 public:
  /// `descriptor` is as parse_descriptor() gives it. `past_eof` reads the file past EOF, decrypted: its offsets are
  /// file offsets, the tree starts at `tree_offset`. `data` reads the file as it is before this step (decrypted): it is
  /// read from only where the root does not match a tree of one level, to tell a wrong root from a wrong tree block;
  /// without it the tree block is what is blamed.
  VerityStep(Descriptor descriptor, std::unique_ptr<const read::Reader> past_eof, std::uint64_t tree_offset,
             std::unique_ptr<const read::Reader> data = nullptr);

  [[nodiscard]] read::StepKind kind() const override { return read::StepKind::kVerity; }
  [[nodiscard]] std::uint32_t unit() const override { return descriptor_.block_size; }
  void apply(read::Window& window) const override;

  /// The distinct tree blocks that were found bad so far, sorted by offset. At most kMaxTreeFaults: those first in the
  /// file, whatever the order of reading.
  [[nodiscard]] std::vector<TreeFault> tree_faults() const { return tree_.faults(); }

 private:
  class Pass;

  void verify_blocks(read::Window& window, std::uint64_t begin, std::uint64_t end, ByteSpan expected, Pass& pass) const;

  Descriptor descriptor_;
  Hasher hasher_;
  VerifiedTree tree_;
  Bytes zero_block_hash_;
};

}  // namespace coldread::verity
