#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/read/reader.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/verified_tree.hpp"

namespace coldread::verity {

/// The step that verifies a file's data against its Merkle tree, up to the descriptor's root hash. It changes no byte.
/// Each data block is hashed as it stands in the window, holes as zeros, the last block with what is stored past EOF,
/// as the kernel does. Blocks that failed an earlier step are left alone; where one covers a part of a Merkle block,
/// the other parts of that Merkle block fail here. A wrong tree block condemns no data that is still proven: where the
/// block can be recomputed from what lies below it, up to the root hash, the data is judged by that, and what is right
/// is put into Window::refused, since a kernel would not give it. Faults are told apart by reason:
///  - "does not match the Merkle tree": the data block;
///  - "Merkle tree block N of level L (file offset X) does not match its parent" (of the top one: "the descriptor's
///  root
///    hash"), or "could not be read: ...": all data that this block covers, of which nothing can be proven;
///  - "the descriptor's root hash does not match the Merkle tree", "the descriptor's FIELD is wrong: ...", "neither the
///    descriptor's root hash nor any hash ...": all data;
///  - "does not match the descriptor's root hash": the data block of a file that has only one.
class VerityStep final : public read::Step {
 public:
  /// `descriptor` is as parse_descriptor() gives it. `file` reads the file up to the end of its mapping, metadata past
  /// EOF included, decrypted and never verified; the tree starts at file offset `tree_offset`.
  /// `stop`, where it is not null, must live as long as this: once it is true, no tree block is recomputed any more.
  VerityStep(Descriptor descriptor, std::unique_ptr<const read::Reader> file, std::uint64_t tree_offset,
             const std::atomic<bool>* stop = nullptr);

  [[nodiscard]] read::StepKind kind() const override { return read::StepKind::kVerity; }
  [[nodiscard]] std::uint32_t unit() const override { return descriptor_.block_size; }
  void apply(read::Window& window) const override;

  /// The distinct tree blocks that were found bad so far, sorted by offset. At most kMaxTreeFaults: those first in the
  /// file, whatever the order of reading.
  [[nodiscard]] std::vector<TreeFault> tree_faults() const { return tree_.faults(); }
  /// True where there were more than that.
  [[nodiscard]] bool has_more_tree_faults() const { return tree_.has_more_faults(); }
  /// True where `stop` came while a tree block was recomputed: no verdict of this step then stands.
  [[nodiscard]] bool gave_up() const { return tree_.gave_up(); }

 private:
  class Pass;

  struct Refusal;

  void refuse_past_end(read::Window& window) const;
  void verify_all(read::Window& window, std::vector<Refusal>& refusals) const;
  void verify_blocks(read::Window& window, std::uint64_t begin, std::uint64_t end, ByteSpan expected, Pass& pass) const;
  [[nodiscard]] std::string mismatch() const;

  Descriptor descriptor_;
  Hasher hasher_;
  VerifiedTree tree_;
  Bytes zero_block_hash_;
};

}  // namespace coldread::verity
