#include "fs/ext4/extent_map.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/read_block.hpp"

namespace coldread::ext4 {
namespace {

// A piece goes on until a node is done, so it may hold a node's entries more than this.
constexpr std::size_t kMaxExtents = 1000;
constexpr unsigned kMaxNodes = 256;

constexpr std::size_t kMaxBadChecksums = 100;

std::string node_fault(std::uint64_t block, const std::string& reason) {
  return "extent tree node in block " + std::to_string(block) + ": " + reason;
}

}  // namespace

/// One descent for one piece: the nodes on the way from the root, and what was found.
class ExtentMap::Walk {
 public:
  Walk(const ExtentMap& map, BlockRange wanted) : map_(map), filesystem_(*map.filesystem_), wanted_(wanted) {}

  /// Visits what touches `wanted`. Returns the first file block that was left for a further piece, or wanted.end.
  std::uint64_t run(const Bytes& root) {
    const auto depth = root_depth(root);
    if (!depth) {
      fault({0, kMaxFileBlocks}, "extent tree root: " + depth.error());
      return wanted_.end;
    }
    enter(root, *depth, {0, kMaxFileBlocks}, std::nullopt);
    while (!stack_.empty()) {
      Level& level = stack_.back();
      if (level.next == level.entries) {
        stack_.pop_back();
        continue;
      }
      const BlockRange range = next_range(level);
      if (range.begin >= wanted_.end) break;
      if (range.end > wanted_.begin) {
        if (nodes_ > kMaxNodes || piece_.extents.size() > kMaxExtents) return range.begin;
        descend(level, range);
      } else {
        ++level.next;
      }
    }
    return wanted_.end;
  }

  [[nodiscard]] read::MapPiece take() { return std::move(piece_); }

 private:
  /// An index node on the way down. Its bytes are kept, and viewed anew when they are needed, since the stack moves.
  struct Level {
    Bytes bytes;
    unsigned depth;
    BlockRange range;
    bool is_root;
    std::uint32_t entries;
    std::uint32_t next = 0;
  };

  static std::uint64_t first_block(const Level& level, std::uint32_t index) {
    return ByteView(level.bytes)
        .load<Le32>(sizeof(RawExtentHeader) + std::uint64_t{index} * sizeof(RawExtentIndex))
        ->get();
  }

  static BlockRange next_range(const Level& level) {
    const bool last = level.next + 1 == level.entries;
    return {first_block(level, level.next), last ? level.range.end : first_block(level, level.next + 1)};
  }

  void descend(Level& level, BlockRange range) {
    const auto index =
        ByteView(level.bytes)
            .load<RawExtentIndex>(sizeof(RawExtentHeader) + std::uint64_t{level.next} * sizeof(RawExtentIndex));
    const std::uint64_t block = join(index->ei_leaf_lo, index->ei_leaf_hi);
    const unsigned depth = level.depth - 1;
    ++level.next;
    ++nodes_;
    auto bytes = read_block(filesystem_, block);
    if (!bytes) {
      fault(range, node_fault(block, bytes.error()));
      return;
    }
    enter(*std::move(bytes), depth, range, block);  // `level` is not to be used after this: the stack may move
  }

  /// Checks a node and takes a leaf's extents, or puts an index on the stack. `block` is nothing for the root.
  void enter(Bytes bytes, unsigned depth, BlockRange range, std::optional<std::uint64_t> block) {
    const auto node = ExtentNode::parse(bytes, depth, range, !block);
    if (!node) {
      fault(range, block ? node_fault(*block, node.error()) : "extent tree root: " + node.error());
      return;
    }
    if (block) map_.check_node(*block, bytes);
    if (depth == 0) {
      take_leaf(*node, range);
      return;
    }
    const std::uint32_t entries = node->entries();
    stack_.push_back({std::move(bytes), depth, range, !block, entries});
  }

  void take_leaf(const ExtentNode& node, BlockRange range) {
    for (std::uint32_t i = 0; i < node.entries(); ++i) {
      const LeafExtent extent = node.extent(i);
      const std::uint64_t next = i + 1 < node.entries() ? node.first_block(i + 1) : range.end;
      const BlockRange own{extent.file_block, extent.length == 0 ? next : extent.file_block + extent.length};
      if (own.end <= wanted_.begin) continue;
      if (own.begin >= wanted_.end) return;
      const std::string name = "extent of file block " + std::to_string(extent.file_block);
      if (extent.length == 0) {
        fault(own, name + ": ee_len is 0");
      } else if (own.end > range.end) {
        fault({own.begin, range.end}, name + " reaches past its node's range");
      } else if (!filesystem_.superblock().blocks_valid(extent.start, extent.length)) {
        fault(own, name + ": it lies at block " + std::to_string(extent.start) + ", where no file can be");
      } else {
        add(extent);
      }
    }
  }

  void add(const LeafExtent& extent) {
    const unsigned bits = filesystem_.superblock().block_bits;
    read::Extent found{extent.file_block << bits, extent.length << bits, read::ExtentKind::kUnwritten, 0};
    if (!extent.unwritten) {
      found.kind = read::ExtentKind::kStored;
      found.source_offset = filesystem_.byte_of(extent.start);
    }
    if (!piece_.extents.empty()) {
      read::Extent& before = piece_.extents.back();
      const bool on =
          found.kind == read::ExtentKind::kUnwritten || before.source_offset + before.length == found.source_offset;
      if (before.file_end() == found.file_offset && before.kind == found.kind && on) {
        before.length += found.length;
        return;
      }
    }
    piece_.extents.push_back(found);
  }

  void fault(BlockRange range, std::string reason) {
    const BlockRange asked{std::max(range.begin, wanted_.begin), std::min(range.end, wanted_.end)};
    if (asked.begin >= asked.end) return;
    const unsigned bits = filesystem_.superblock().block_bits;
    piece_.faults.push_back({{asked.begin << bits, (asked.end - asked.begin) << bits}, std::move(reason)});
  }

  const ExtentMap& map_;
  const Filesystem& filesystem_;
  BlockRange wanted_;
  read::MapPiece piece_;
  std::vector<Level> stack_;
  unsigned nodes_ = 0;
};

ExtentMap::ExtentMap(std::shared_ptr<const Filesystem> filesystem, ByteView root, std::uint32_t checksum_seed)
    : filesystem_(std::move(filesystem)), root_(root.copy()), checksum_seed_(checksum_seed) {}

void ExtentMap::check_node(std::uint64_t block, ByteView node) const {
  if (!filesystem_->superblock().metadata_checksums) return;
  // et_checksum follows the room for eh_max entries (struct ext4_extent_tail).
  const std::uint64_t tail =
      sizeof(RawExtentHeader) + std::uint64_t{node.load<RawExtentHeader>(0)->eh_max} * sizeof(RawExtent);
  const auto stored = node.load<Le32>(tail);
  if (stored && crc32c(checksum_seed_, node.sub(0, tail)->span()) == *stored) return;
  const std::lock_guard lock(mutex_);
  bad_checksums_.insert(block);
  if (bad_checksums_.size() > kMaxBadChecksums) bad_checksums_.erase(std::prev(bad_checksums_.end()));
}

Findings ExtentMap::findings() const {
  const std::lock_guard lock(mutex_);
  Findings findings;
  for (const std::uint64_t block : bad_checksums_) findings.push_back(node_fault(block, "its checksum is wrong"));
  return findings;
}

read::MapPiece ExtentMap::piece(std::uint64_t offset, std::uint64_t limit) const {
  const unsigned bits = filesystem_->superblock().block_bits;
  const std::uint64_t last = limit == 0 ? 0 : ((limit - 1) >> bits) + 1;
  const BlockRange wanted{offset >> bits, std::min(last, kMaxFileBlocks)};
  Walk walk(*this, wanted);
  const std::uint64_t reached = wanted.begin < wanted.end ? walk.run(root_) : wanted.end;
  read::MapPiece piece = walk.take();
  piece.end = reached < wanted.end ? std::min(reached << bits, limit) : limit;
  return piece;
}

Result<std::uint64_t> ExtentMap::end() const {
  const auto corrupt = [](const std::string& reason) { return fail(ErrorKind::kCorrupt, "", reason); };
  const auto depth = root_depth(root_);
  if (!depth) return corrupt("extent tree root: " + depth.error());

  Bytes bytes = root_;
  BlockRange range{0, kMaxFileBlocks};
  std::string name = "extent tree root";
  for (unsigned level = *depth;; --level) {
    const auto node = ExtentNode::parse(bytes, level, range, level == *depth);
    if (!node) return corrupt(name + ": " + node.error());
    if (node->entries() == 0) return range.begin << filesystem_->superblock().block_bits;
    const std::uint32_t last = node->entries() - 1;
    if (level == 0) {
      const LeafExtent extent = node->extent(last);
      const std::uint64_t end = extent.file_block + extent.length;
      if (extent.length == 0 || end > kMaxFileBlocks)
        return corrupt(name + ": its last extent has an impossible length");
      return end << filesystem_->superblock().block_bits;
    }
    const std::uint64_t block = node->child(last);
    range.begin = node->first_block(last);
    auto child = read_block(*filesystem_, block);
    if (!child) return corrupt(node_fault(block, child.error()));
    bytes = *std::move(child);
    name = "extent tree node in block " + std::to_string(block);
  }
}

}  // namespace coldread::ext4
