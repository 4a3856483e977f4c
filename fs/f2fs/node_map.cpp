#include "fs/f2fs/node_map.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "fs/f2fs/block_use.hpp"
#include "fs/f2fs/recovered_nodes.hpp"

namespace coldread::f2fs {
namespace {

// A piece goes on until a node is done, so it may hold a node's addresses more than this.
constexpr std::size_t kMaxExtents = 1000;
constexpr unsigned kMaxNodes = 256;

constexpr std::size_t kMaxFreedTold = 100;

bool is_block(std::uint32_t addr) { return addr != kNullAddr && addr != kNewAddr && addr != kCompressAddr; }

}  // namespace

/// One way through the tree for one piece. Blocks are the file's.
class NodeMap::Walk {
 public:
  Walk(const NodeMap& map, std::uint64_t begin, std::uint64_t end) : map_(map), at_(begin), end_(end) {}

  void run() {
    while (at_ < end_ && nodes_ < kMaxNodes && piece_.extents.size() < kMaxExtents) step();
  }

  /// The first block that was left for a further piece, or the end.
  [[nodiscard]] std::uint64_t reached() const { return std::min(at_, end_); }
  [[nodiscard]] read::MapPiece take() { return std::move(piece_); }

 private:
  [[nodiscard]] unsigned bits() const { return map_.filesystem_->superblock().block_bits; }

  void step() {
    const auto path = node_path(map_.shape_, at_);
    if (!path) {
      fault(at_, end_, "no file can have so many blocks");
      at_ = end_;
      return;
    }
    if (path->depth == 0) {
      take_addresses(nullptr, 0, path->blocks);
      return;
    }
    const std::uint32_t offset = path->steps[path->depth - 1].node_offset;
    if (const RecoveredNodes* recovered = map_.filesystem_->recovered.get()) {
      if (const std::uint32_t block = recovered->direct(map_.inode_.node.nid(), offset); block != 0) {
        take_recovered(block, *path);
        return;
      }
    }
    descend(*path);
  }

  void take_recovered(std::uint32_t block, const NodePath& path) {
    ++nodes_;
    const auto node = read_node_block(*map_.filesystem_, block);
    if (node) {
      take_addresses(&*node, path.first_block, path.blocks);
      return;
    }
    const std::uint64_t end = path.first_block + path.blocks;
    fault(at_, end, "the recovered node in block " + std::to_string(block) + ": " + node.error().message());
    at_ = end;
  }

  void descend(const NodePath& path) {
    const Node* parent = nullptr;
    for (unsigned level = 0; level < path.depth; ++level) {
      const NodePath::Step& step = path.steps[level];
      const std::uint32_t nid = parent ? parent->entry(step.index) : map_.inode_.nid(step.index);
      if (nid == 0) {
        at_ = hole_end(step);
        return;
      }
      std::optional<Node>& kept = kept_[level];
      if (!kept || kept->nid() != nid || kept->offset() != step.node_offset) {
        ++nodes_;
        auto node = read_tree_node(*map_.filesystem_, map_.inode_.node.nid(), nid, step.node_offset);
        if (!node) {
          const std::uint64_t end = hole_end(step);
          fault(at_, end, node.error());
          at_ = end;
          return;
        }
        kept = *std::move(node);
      }
      parent = &*kept;
    }
    take_addresses(parent, path.first_block, path.blocks);
  }

  /// Where a subtree that is not there ends: at its own end, or where a recovered node stands in it.
  [[nodiscard]] std::uint64_t hole_end(const NodePath::Step& step) const {
    const std::uint64_t end = step.first_block + step.blocks;
    const RecoveredNodes* recovered = map_.filesystem_->recovered.get();
    if (recovered == nullptr) return end;
    for (auto next = recovered->next_direct(map_.inode_.node.nid(), step.node_offset); next;
         next = recovered->next_direct(map_.inode_.node.nid(), *next + 1)) {
      const auto first = first_block_of(map_.shape_, *next);
      if (first && *first >= end) break;
      if (first && *first > at_) return *first;
    }
    return end;
  }

  /// Takes the addresses of a node (of the inode, where it is null) from `at_` on.
  void take_addresses(const Node* node, std::uint64_t first, std::uint32_t count) {
    const std::uint32_t unit = map_.inode_.cluster_blocks;
    const auto address = [&](std::uint32_t index) { return node ? node->entry(index) : map_.inode_.addr(index); };
    const std::uint64_t last = std::min<std::uint64_t>(count, end_ - first);
    auto index = static_cast<std::uint32_t>((at_ - first) / unit * unit);
    for (; index < last; index += unit) {
      if (unit > 1 && address(index) == kCompressAddr) {
        take_cluster(first + index, [&](std::uint32_t slot) { return address(index + slot); });
        continue;
      }
      for (std::uint32_t slot = 0; slot < unit; ++slot) take(first + index + slot, address(index + slot));
    }
    at_ = first + index;
  }

  template <class Address>
  void take_cluster(std::uint64_t block, Address address) {
    const std::uint32_t unit = map_.inode_.cluster_blocks;
    std::uint32_t stored = 1;
    while (stored < unit && is_block(address(stored))) ++stored;
    for (std::uint32_t slot = stored; slot < unit; ++slot) {
      // What lies behind the last of its blocks may be kept for the cluster, but nothing can be there.
      if (is_block(address(slot)) || address(slot) == kCompressAddr) {
        fault(block, block + unit, "the blocks of a compressed cluster do not follow each other");
        return;
      }
    }
    if (stored == 1) {
      fault(block, block + unit, "a compressed cluster has no blocks");
      return;
    }
    for (std::uint32_t slot = 1; slot < stored; ++slot) {
      if (!place(block + slot, address(slot), read::ExtentKind::kCompressed)) return;
    }
  }

  void take(std::uint64_t block, std::uint32_t addr) {
    if (addr == kNullAddr) return;
    if (addr == kNewAddr) {
      add({block << bits(), std::uint64_t{1} << bits(), read::ExtentKind::kUnwritten, 0});
    } else if (addr == kCompressAddr) {
      fault(block, block + 1, "the mark of a compressed cluster, where none can begin");
    } else {
      place(block, addr, read::ExtentKind::kStored);
    }
  }

  bool place(std::uint64_t block, std::uint32_t addr, read::ExtentKind kind) {
    const Filesystem& filesystem = *map_.filesystem_;
    if (!filesystem.superblock().in_main_area(addr)) {
      fault(block, block + 1, "it lies at block " + std::to_string(addr) + ", where no file can be");
      return false;
    }
    if (filesystem.recovered && filesystem.recovered->is_moved_from(map_.inode_.node.nid(), addr)) return false;
    if (filesystem.newer_use && !filesystem.newer_use->uses(addr)) map_.note_freed(block);
    if (map_.use_ != nullptr && map_.use_->is_free(addr)) {
      // A directory's names are worth a look all the same.
      if (map_.inode_.facts.type == volume::FileType::kDir) {
        map_.note_freed(block);
      } else {
        fault(block, block + 1, "it lies at block " + std::to_string(addr) + ", which is free by the checkpoint");
      }
    }
    add({block << bits(), std::uint64_t{1} << bits(), kind, filesystem.byte_of(addr)});
    return true;
  }

  void add(const read::Extent& found) {
    if (!piece_.extents.empty()) {
      read::Extent& before = piece_.extents.back();
      const bool on = !read::has_source(found.kind) || before.source_offset + before.length == found.source_offset;
      if (before.file_end() == found.file_offset && before.kind == found.kind && on) {
        before.length += found.length;
        return;
      }
    }
    piece_.extents.push_back(found);
  }

  void fault(std::uint64_t begin, std::uint64_t end, std::string reason) {
    if (!piece_.faults.empty()) {
      read::MapFault& before = piece_.faults.back();
      if (before.reason == reason && before.range.offset + before.range.length == begin << bits()) {
        before.range.length += (end - begin) << bits();
        return;
      }
    }
    piece_.faults.push_back({{begin << bits(), (end - begin) << bits()}, std::move(reason)});
  }

  const NodeMap& map_;
  std::uint64_t at_;
  std::uint64_t end_;
  read::MapPiece piece_;
  std::array<std::optional<Node>, 3> kept_;
  unsigned nodes_ = 0;
};

NodeMap::NodeMap(std::shared_ptr<const Filesystem> filesystem, InodeRecord inode)
    : filesystem_(std::move(filesystem)),
      inode_(std::move(inode)),
      shape_{inode_.addrs, inode_.addrs_per_node, filesystem_->superblock().addrs_per_block()},
      use_(filesystem_->use.get()) {
  // What roll-forward gives a file is not in use by any checkpoint yet.
  if (filesystem_->recovered && filesystem_->recovered->inodes.contains(inode_.node.nid())) use_ = nullptr;
}

void NodeMap::note_freed(std::uint64_t block) const {
  const std::lock_guard lock(mutex_);
  freed_.insert(block);
  if (freed_.size() > kMaxFreedTold) freed_.erase(std::prev(freed_.end()));
}

Findings NodeMap::findings() const {
  const std::lock_guard lock(mutex_);
  Findings findings;
  for (const std::uint64_t block : freed_) {
    findings.push_back("block " + std::to_string(block) + " of the file is free by the " +
                       (filesystem_->newer_use ? "newer checkpoint, and may hold something else since"
                                               : "checkpoint: Linux refuses to read it"));
  }
  return findings;
}

read::MapPiece NodeMap::piece(std::uint64_t offset, std::uint64_t limit) const {
  const unsigned bits = filesystem_->superblock().block_bits;
  const std::uint64_t end = limit == 0 ? 0 : ((limit - 1) >> bits) + 1;
  Walk walk(*this, offset >> bits, end);
  walk.run();
  read::MapPiece piece = walk.take();
  piece.end = walk.reached() < end ? std::min(walk.reached() << bits, limit) : limit;
  return piece;
}

}  // namespace coldread::f2fs
