#include "core/verity/tree_repair.hpp"

#include <algorithm>
#include <utility>

#include "core/base/checked.hpp"
#include "core/verity/tree_builder.hpp"

namespace coldread::verity {
namespace {

constexpr std::uint64_t kChunk = 512 << 10;

/// Hashes in doubt of which each choice is tried: 16 choices at most.
constexpr std::size_t kMaxDoubts = 4;

void copy_hash(const Bytes& from, Bytes& to, std::size_t index, std::size_t size) {
  const auto at = static_cast<std::ptrdiff_t>(index * size);
  std::copy_n(from.begin() + at, size, to.begin() + at);
}

}  // namespace

/// The hashes of what a block covers, as a block.
struct TreeRepair::Below {
  Bytes block;              ///< zeros past the last hash
  std::vector<bool> known;  ///< by hash: what it stands for could be read
};

TreeRepair::Below TreeRepair::nothing_known(unsigned level, std::uint64_t index) const {
  const MerkleTree& tree = blocks_.tree();
  const std::uint64_t first = index * tree.hashes_per_block();
  const std::uint64_t all = level == 0 ? tree.data_blocks() : tree.blocks(level - 1);
  const std::uint64_t count = std::min<std::uint64_t>(tree.hashes_per_block(), all - first);
  return {Bytes(tree.block_size()), std::vector<bool>(static_cast<std::size_t>(count))};
}

TreeRepair::Below TreeRepair::from_tree(unsigned level, std::uint64_t index) const {
  Below below = nothing_known(level, index);
  const std::size_t size = hasher_.digest_size();
  Bytes child(blocks_.tree().block_size());
  for (std::size_t i = 0; i < below.known.size(); ++i) {
    below.known[i] = !blocks_.read(level - 1, index * blocks_.tree().hashes_per_block() + i, child);
    if (below.known[i]) hasher_.hash_blocks(child, child.size(), MutableByteSpan(below.block).subspan(i * size, size));
  }
  return below;
}

TreeRepair::Below TreeRepair::from_data(unsigned level, std::uint64_t index) const {
  const MerkleTree& tree = blocks_.tree();
  const std::uint64_t block = tree.block_size();
  const read::Reader& file = blocks_.file();
  Below below = nothing_known(level, index);
  std::fill(below.known.begin(), below.known.end(), true);
  TreeBuilder builder(hasher_, tree, nullptr, level, index);

  const std::uint64_t unit = std::max<std::uint64_t>(file.unit(), block);
  const std::uint64_t end = builder.end_data_block() * block;
  const Bytes zero_hash = hasher_.hash(Bytes(tree.block_size()));
  Bytes digests(hasher_.digest_size());
  Bytes buffer(static_cast<std::size_t>(std::max(kChunk, unit)));
  read::Window window;
  std::uint64_t at = builder.first_data_block() * block;
  while (at < end) {
    if (stop_ != nullptr && *stop_) {
      gave_up_ = true;
      return nothing_known(level, index);
    }
    // However large a hole is claimed, it takes no time.
    if (const std::uint64_t blocks = (std::min(end, std::max(at, file.hole_end(at))) - at) / block; blocks != 0) {
      builder.add_run(zero_hash, blocks);
      at += blocks * block;
      continue;
    }
    window.offset = round_down(at, unit);
    window.bytes = MutableByteSpan(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), round_up(end - window.offset, unit))));
    file.fill(window);
    const std::uint64_t stop = std::min(end, window.end());
    while (at < stop) {
      if (window.failed(at, block)) {
        // The child's hash will be the stored one, whatever else it covers: no need to read that.
        const std::uint64_t covered = tree.data_blocks_per_hash(level);
        const std::uint64_t child = at / block / covered;
        below.known[static_cast<std::size_t>(child - index * tree.hashes_per_block())] = false;
        const std::uint64_t next = std::min((child + 1) * covered, builder.end_data_block());
        builder.add_run(zero_hash, next - at / block);
        at = next * block;
        continue;
      }
      hasher_.hash_blocks(window.at(at, block), static_cast<std::size_t>(block), digests);
      builder.add(digests);
      at += block;
    }
  }
  (void)builder.finish();
  below.block = builder.top_block();
  return below;
}

std::vector<std::size_t> TreeRepair::differences(const Below& below, const Bytes& stored) const {
  const std::size_t size = hasher_.digest_size();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < below.known.size(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i * size);
    if (below.known[i] && !std::equal(stored.begin() + at, stored.begin() + at + static_cast<std::ptrdiff_t>(size),
                                      below.block.begin() + at)) {
      found.push_back(i);
    }
  }
  return found;
}

std::optional<Bytes> TreeRepair::fitting(Below below, const Bytes* stored, ByteSpan expected) const {
  const std::size_t size = hasher_.digest_size();
  const auto fits = [&](const Bytes& block) {
    const Bytes hash = hasher_.hash(block);
    return std::equal(hash.begin(), hash.end(), expected.begin(), expected.end());
  };
  if (stored == nullptr) {
    const bool whole = std::all_of(below.known.begin(), below.known.end(), [](bool known) { return known; });
    if (whole && fits(below.block)) return std::move(below.block);
    return std::nullopt;
  }
  const std::vector<std::size_t> doubts = differences(below, *stored);
  for (std::size_t i = 0; i < below.known.size(); ++i) {
    if (!below.known[i]) copy_hash(*stored, below.block, i, size);
  }
  const std::size_t choices = doubts.size() <= kMaxDoubts ? std::size_t{1} << doubts.size() : 1;
  for (std::size_t choice = 0; choice < choices; ++choice) {
    Bytes block = below.block;
    for (std::size_t i = 0; i < doubts.size(); ++i) {
      if ((choice >> i & 1) != 0) copy_hash(*stored, block, doubts[i], size);
    }
    if (fits(block)) return block;
  }
  return std::nullopt;
}

TreeRepair::Outcome TreeRepair::repair(unsigned level, std::uint64_t index, const Bytes* stored,
                                       ByteSpan expected) const {
  Outcome outcome;
  const auto attempt = [&](Below below) {
    if (stored != nullptr) {
      const auto known = static_cast<std::size_t>(std::count(below.known.begin(), below.known.end(), true));
      const std::size_t wrong = differences(below, *stored).size();
      const bool padded = all_zero(ByteSpan(*stored).subspan(below.known.size() * hasher_.digest_size()));
      outcome.stored_agrees = outcome.stored_agrees || (padded && known == below.known.size() && wrong == 0);
      outcome.nothing_agrees = known > 1 && wrong == known;
    }
    outcome.block = fitting(std::move(below), stored, expected);
  };
  if (level != 0) attempt(from_tree(level, index));
  // A tree that agrees with itself may still be another file's: the data has the last word.
  if (!outcome.block) attempt(from_data(level, index));
  return outcome;
}

}  // namespace coldread::verity
