#include "fs/ext4/indirect_map.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/read_block.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint64_t kDirectBlocks = 12;
constexpr unsigned kMaxLevel = 3;
constexpr std::size_t kMaxFound = 1000;
constexpr unsigned kMaxReads = 256;

std::uint64_t numbers_in(std::uint32_t block_size) { return block_size / sizeof(Le32); }

}  // namespace

/// One pass over the file blocks of one piece, with the block of numbers that was read last at each level.
class IndirectMap::Walk {
 public:
  Walk(const Filesystem& filesystem, const Root& root, BlockRange wanted)
      : filesystem_(filesystem), root_(root), wanted_(wanted), per_block_(numbers_in(filesystem.block_size())) {}

  /// Visits what touches `wanted`. Returns the first file block that was left for a further piece.
  std::uint64_t run() {
    std::uint64_t at = wanted_.begin;
    while (at < wanted_.end && reads_ <= kMaxReads && piece_.extents.size() + piece_.faults.size() <= kMaxFound) {
      at = visit(at);
    }
    return at;
  }

  [[nodiscard]] read::MapPiece take() { return std::move(piece_); }

 private:
  struct Level {
    std::uint64_t block = 0;
    Bytes bytes;
  };

  /// Takes in the file block `at`. Returns the next one that is not spoken for.
  std::uint64_t visit(std::uint64_t at) {
    if (at < kDirectBlocks) {
      add(at, root_.at(at));
      return at + 1;
    }
    std::uint64_t within = at - kDirectBlocks;
    std::uint64_t covered = per_block_;
    unsigned level = 1;
    while (within >= covered && level <= kMaxLevel) {
      within -= covered;
      covered *= per_block_;
      ++level;
    }
    if (level > kMaxLevel) {
      fault({at, wanted_.end}, "it lies past what indirect blocks can map");
      return wanted_.end;
    }

    BlockRange range{at - within, at - within + covered};
    std::uint64_t block = root_.at(kDirectBlocks + level - 1);
    for (; level > 0; --level) {
      if (block == 0) return range.end;
      const Bytes* numbers = read_level(level, block, range);
      if (numbers == nullptr) return range.end;
      covered /= per_block_;
      const std::uint64_t index = within / covered;
      within %= covered;
      range.begin += index * covered;
      range.end = range.begin + covered;
      block = ByteView(*numbers).load<Le32>(index * sizeof(Le32))->get();
    }
    add(at, block);
    return at + 1;
  }

  const Bytes* read_level(unsigned level, std::uint64_t block, BlockRange range) {
    Level& kept = levels_.at(level - 1);
    if (kept.block == block) return &kept.bytes;
    ++reads_;
    auto bytes = read_block(filesystem_, block);
    if (!bytes) {
      fault(range, "indirect block " + std::to_string(block) + ": " + bytes.error());
      return nullptr;
    }
    kept = {block, *std::move(bytes)};
    return &kept.bytes;
  }

  void add(std::uint64_t file_block, std::uint64_t block) {
    if (block == 0) return;
    if (!filesystem_.superblock().blocks_valid(block, 1)) {
      fault({file_block, file_block + 1}, "file block " + std::to_string(file_block) + ": it lies at block " +
                                              std::to_string(block) + ", where no file can be");
      return;
    }
    const unsigned bits = filesystem_.superblock().block_bits;
    const read::Extent found{file_block << bits, filesystem_.block_size(), read::ExtentKind::kStored,
                             filesystem_.byte_of(block)};
    if (!piece_.extents.empty()) {
      read::Extent& before = piece_.extents.back();
      if (before.file_end() == found.file_offset && before.source_offset + before.length == found.source_offset) {
        before.length += found.length;
        return;
      }
    }
    piece_.extents.push_back(found);
  }

  void fault(BlockRange range, std::string reason) {
    const BlockRange asked{std::max(range.begin, wanted_.begin), std::min(range.end, wanted_.end)};
    const unsigned bits = filesystem_.superblock().block_bits;
    piece_.faults.push_back({{asked.begin << bits, (asked.end - asked.begin) << bits}, std::move(reason)});
  }

  const Filesystem& filesystem_;
  const Root& root_;
  BlockRange wanted_;
  std::uint64_t per_block_;
  std::array<Level, kMaxLevel> levels_;
  read::MapPiece piece_;
  unsigned reads_ = 0;
};

IndirectMap::IndirectMap(std::shared_ptr<const Filesystem> filesystem, const Root& i_block)
    : filesystem_(std::move(filesystem)), root_(i_block) {}

std::uint64_t IndirectMap::max_blocks(std::uint32_t block_size) {
  const std::uint64_t n = numbers_in(block_size);
  return std::min(kDirectBlocks + n + n * n + n * n * n, kMaxFileBlocks);
}

read::MapPiece IndirectMap::piece(std::uint64_t offset, std::uint64_t limit) const {
  const unsigned bits = filesystem_->superblock().block_bits;
  const std::uint64_t last = limit == 0 ? 0 : ((limit - 1) >> bits) + 1;
  Walk walk(*filesystem_, root_, {offset >> bits, last});
  const std::uint64_t reached = walk.run();
  read::MapPiece piece = walk.take();
  piece.end = reached < last ? reached << bits : limit;
  return piece;
}

}  // namespace coldread::ext4
