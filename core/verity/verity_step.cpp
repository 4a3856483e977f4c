#include "core/verity/verity_step.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace coldread::verity {
namespace {

using read::BlockFault;
using read::ByteRange;
using read::Window;

constexpr const char* kNotInTree = "does not match the Merkle tree";
constexpr const char* kNotRoot = "does not match the descriptor's root hash";
constexpr const char* kPastEnd = "what is stored past the last block that is hashed is not zeros";
constexpr const char* kIncomplete = "cannot be verified: a part of its Merkle block failed an earlier step";

/// Blocks that are hashed at once.
constexpr std::size_t kBatch = 16;

bool equal(ByteSpan a, ByteSpan b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

/// The faults of one pass over a window, kept apart from those of earlier steps, which they leave out.
class VerityStep::Pass {
 public:
  explicit Pass(Window& window) : window_(window), earlier_(window.faults.begin(), window.faults.end()) {
    std::sort(earlier_.begin(), earlier_.end(),
              [](const BlockFault& a, const BlockFault& b) { return a.range.offset < b.range.offset; });
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() { std::move(found_.begin(), found_.end(), std::back_inserter(window_.faults)); }

  [[nodiscard]] bool failed_before(std::uint64_t begin, std::uint64_t length) const {
    return !earlier_.empty() && window_.failed(begin, length);
  }

  /// Adds [begin, end), but for what failed an earlier step.
  void add(std::uint64_t begin, std::uint64_t end, const std::string& reason) {
    for (const BlockFault& fault : earlier_) {
      const std::uint64_t fault_end = fault.range.offset + fault.range.length;
      if (fault_end <= begin) continue;
      if (fault.range.offset >= end) break;
      add_piece(begin, fault.range.offset, reason);
      begin = std::max(begin, fault_end);
    }
    add_piece(begin, end, reason);
  }

 private:
  void add_piece(std::uint64_t begin, std::uint64_t end, const std::string& reason) {
    if (begin >= end) return;
    if (!found_.empty() && found_.back().reason == reason &&
        found_.back().range.offset + found_.back().range.length == begin) {
      found_.back().range.length += end - begin;
    } else {
      found_.push_back({{begin, end - begin}, read::StepKind::kVerity, reason});
    }
  }

  Window& window_;
  std::vector<BlockFault> earlier_;
  std::vector<BlockFault> found_;
};

/// Data below a stored tree block that is wrong and was recomputed.
struct VerityStep::Refusal {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string reason;
};

VerityStep::VerityStep(Descriptor descriptor, std::unique_ptr<const read::Reader> file, std::uint64_t tree_offset,
                       const std::atomic<bool>* stop)
    : descriptor_(std::move(descriptor)),
      hasher_(descriptor_.algorithm, descriptor_.salt),
      tree_(descriptor_, hasher_, std::move(file), tree_offset, stop),
      zero_block_hash_(hasher_.hash(Bytes(descriptor_.block_size))) {}

void VerityStep::apply(Window& window) const {
  std::vector<Refusal> refusals;
  verify_all(window, refusals);
  const std::uint64_t block = descriptor_.block_size;
  for (const Refusal& refusal : refusals) {
    for (std::uint64_t at = refusal.begin; at < refusal.end; at += block) {
      if (!window.failed(at, block)) window.refused.push_back({{at, block}, read::StepKind::kVerity, refusal.reason});
    }
  }
  refuse_past_end(window);
}

/// A kernel wants zeros in what its last page holds past the last block that is hashed (fs/verity/verify.c): else EIO.
void VerityStep::refuse_past_end(Window& window) const {
  const std::uint64_t block = descriptor_.block_size;
  const std::uint64_t end = tree_.shape().data_blocks() * block;
  if (end <= window.offset || end >= window.end() || window.failed(end - block, block)) return;
  if (all_zero(window.at(end, window.end() - end))) return;
  const bool refused_already = std::any_of(window.refused.begin(), window.refused.end(), [&](const BlockFault& fault) {
    return fault.range.offset <= end - block && end - block < fault.range.offset + fault.range.length;
  });
  if (!refused_already) window.refused.push_back({{end - block, block}, read::StepKind::kVerity, kPastEnd});
}

void VerityStep::verify_all(Window& window, std::vector<Refusal>& refusals) const {
  const MerkleTree& shape = tree_.shape();
  const std::uint64_t block = shape.block_size();
  const std::uint64_t end = std::min(window.end(), shape.data_blocks() * block);
  const std::uint64_t covered = block * shape.hashes_per_block();
  Pass pass(window);
  for (std::uint64_t at = window.offset; at < end;) {
    if (shape.levels() == 0) {
      verify_blocks(window, at, end, descriptor_.root_hash, pass);
      return;
    }
    const std::uint64_t leaf = at / covered;
    const std::uint64_t leaf_end = std::min(end, (leaf + 1) * covered);
    const auto verified = tree_.leaf(leaf);
    if (verified->fault.empty()) {
      const auto skip = static_cast<std::size_t>(at % covered / block) * hasher_.digest_size();
      verify_blocks(window, at, leaf_end, ByteSpan(verified->hashes).subspan(skip), pass);
      if (!verified->refusal.empty()) refusals.push_back({at, leaf_end, verified->refusal});
    } else {
      pass.add(at, leaf_end, verified->fault);
    }
    at = leaf_end;
  }
}

std::string VerityStep::mismatch() const {
  if (tree_.shape().levels() != 0) return kNotInTree;
  return tree_.wrong_field().value_or(kNotRoot);
}

void VerityStep::verify_blocks(Window& window, std::uint64_t begin, std::uint64_t end, ByteSpan expected,
                               Pass& pass) const {
  const std::uint64_t block = descriptor_.block_size;
  const std::size_t size = hasher_.digest_size();
  const auto check = [&](std::uint64_t at, ByteSpan digest) {
    const auto index = static_cast<std::size_t>((at - begin) / block);
    if (!equal(digest, expected.subspan(index * size, size))) pass.add(at, at + block, mismatch());
  };
  const auto needs_hashing = [&](std::uint64_t at) {
    return !pass.failed_before(at, block) && !all_zero(window.at(at, block));
  };

  std::array<std::byte, kBatch * kMaxDigestSize> digests;
  for (std::uint64_t at = begin; at < end;) {
    std::uint64_t batch_end = at;
    while (batch_end < end && batch_end - at < kBatch * block && needs_hashing(batch_end)) batch_end += block;
    if (batch_end == at) {
      if (pass.failed_before(at, block)) {
        pass.add(at, at + block, kIncomplete);
      } else {
        check(at, zero_block_hash_);
      }
      at += block;
      continue;
    }
    const auto blocks = static_cast<std::size_t>((batch_end - at) / block);
    const MutableByteSpan out = MutableByteSpan(digests).first(blocks * size);
    hasher_.hash_blocks(window.at(at, batch_end - at), descriptor_.block_size, out);
    for (std::size_t i = 0; i < blocks; ++i, at += block) check(at, out.subspan(i * size, size));
  }
}

}  // namespace coldread::verity
