#include "core/verity/root_check.hpp"

#include <algorithm>
#include <vector>

#include "core/base/checked.hpp"

namespace coldread::verity {
namespace {

constexpr std::uint64_t kChunk = 512 << 10;

/// How the hashes in a block and the blocks that they stand for agree.
struct Tally {
  std::uint64_t matched = 0;
  bool mismatch = false;

  void compare(ByteSpan expected, ByteSpan actual) {
    if (std::equal(expected.begin(), expected.end(), actual.begin(), actual.end())) {
      ++matched;
    } else {
      mismatch = true;
    }
  }
};

ByteSpan hash_in(ByteSpan block, std::uint64_t index, std::size_t size) {
  return block.subspan(static_cast<std::size_t>(index) * size, size);
}

void compare_with_tree(ByteSpan top, const TreeBlocks& blocks, const Hasher& hasher, unsigned level, Tally& tally) {
  Bytes child(blocks.tree().block_size());
  for (std::uint64_t i = 0; i < blocks.tree().blocks(level) && !tally.mismatch; ++i) {
    if (blocks.read(level, i, child)) continue;
    tally.compare(hash_in(top, i, hasher.digest_size()), hasher.hash(child));
  }
}

void compare_with_data(ByteSpan top, const MerkleTree& tree, const Hasher& hasher, const read::Reader& data,
                       Tally& tally) {
  const std::uint64_t block = tree.block_size();
  const std::uint64_t end = tree.data_blocks() * block;
  const std::uint64_t unit = std::max<std::uint64_t>(data.unit(), block);
  Bytes buffer(static_cast<std::size_t>(std::max(kChunk, unit)));
  read::Window window;
  for (std::uint64_t at = 0; at < end && !tally.mismatch; at = window.end()) {
    window.offset = at;
    window.bytes = MutableByteSpan(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), round_up(end - at, unit))));
    data.fill(window);
    for (std::uint64_t b = at; b < std::min(end, window.end()) && !tally.mismatch; b += block) {
      if (window.failed(b, block)) continue;
      tally.compare(hash_in(top, b / block, hasher.digest_size()), hasher.hash(window.at(b, block)));
    }
  }
}

}  // namespace

bool top_block_matches_below(ByteSpan top, const TreeBlocks& blocks, const Hasher& hasher, const read::Reader* data) {
  const MerkleTree& tree = blocks.tree();
  const unsigned level = tree.levels() - 1;
  const std::uint64_t children = level == 0 ? tree.data_blocks() : tree.blocks(level - 1);
  if (!all_zero(top.subspan(static_cast<std::size_t>(children) * hasher.digest_size()))) return false;
  Tally tally;
  if (level > 0) {
    compare_with_tree(top, blocks, hasher, level - 1, tally);
  } else if (data != nullptr) {
    compare_with_data(top, tree, hasher, *data, tally);
  }
  return tally.matched != 0 && !tally.mismatch;
}

}  // namespace coldread::verity
