#include "fs/ext4/free_blocks_map.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace coldread::ext4 {
namespace {

constexpr std::uint64_t kMaxBlocks = 1 << 15;

}  // namespace

/// Splits stored extents by the fates of their blocks.
class FreeBlocksMap::Split {
 public:
  Split(const BlockFates& fates, const FileVersion& version)
      : fates_(fates), version_(version), filesystem_(*fates.filesystem()) {}

  /// Takes in as much of the extent as there is room for. Returns the file offset up to which it came.
  std::uint64_t add(const read::Extent& extent) {
    const unsigned bits = filesystem_.superblock().block_bits;
    const std::uint64_t size = filesystem_.block_size();
    for (std::uint64_t at = extent.file_offset; at < extent.file_end();) {
      if (blocks_ == kMaxBlocks) return at;
      ++blocks_;
      const std::uint64_t source = extent.source_offset + (at - extent.file_offset);
      const std::uint64_t length = std::min(size - source % size, extent.file_end() - at);
      take(at, length, source, source >> bits);
      at += length;
    }
    return extent.file_end();
  }

  void finish() {
    if (!run_) return;
    piece.faults.push_back({{run_->offset, run_->length}, fault_reason(run_->fate, run_->first, run_->last)});
    run_.reset();
  }

  read::MapPiece piece;

 private:
  /// Blocks side by side with one fault.
  struct Run {
    BlockFate fate;
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t offset;
    std::uint64_t length;
  };

  void take(std::uint64_t at, std::uint64_t length, std::uint64_t source, std::uint64_t block) {
    const BlockFate fate = fates_.fate_of(block, version_);
    if (fate.kind == BlockFate::Kind::kLeft) {
      store(at, length, source);
      return;
    }
    if (fate.kind == BlockFate::Kind::kCopied) {
      if (const auto copied = offset_in_journal(*fate.copy)) {
        store(at, length, *copied + source % filesystem_.block_size());
        return;
      }
    }
    if (run_ && run_->fate == fate && run_->last + 1 == block && run_->offset + run_->length == at) {
      run_->last = block;
      run_->length += length;
      return;
    }
    finish();
    run_ = Run{fate, block, block, at, length};
  }

  void store(std::uint64_t at, std::uint64_t length, std::uint64_t source) {
    finish();
    if (!piece.extents.empty()) {
      read::Extent& before = piece.extents.back();
      const bool on = before.kind == read::ExtentKind::kStored && before.file_end() == at &&
                      before.source_offset + before.length == source;
      if (on) {
        before.length += length;
        return;
      }
    }
    piece.extents.push_back({at, length, read::ExtentKind::kStored, source});
  }

  /// Where the copy lies among the filesystem's bytes; nothing where what is read there is not what it stands for.
  [[nodiscard]] std::optional<std::uint64_t> offset_in_journal(const JournalCopy& copy) const {
    const JournalLog& log = fates_.history().log();
    const auto offset = log.offset_of(copy.log_block);
    if (log.is_external() || copy.tag.escaped || !offset) return std::nullopt;
    const auto bytes = fates_.history().read(copy);
    if (!bytes) return std::nullopt;
    Bytes there(bytes->size());
    if (!source::read_exactly(*filesystem_.source, *offset, there) || there != *bytes) return std::nullopt;
    return offset;
  }

  const BlockFates& fates_;
  const FileVersion& version_;
  const Filesystem& filesystem_;
  std::uint64_t blocks_ = 0;
  std::optional<Run> run_;
};

read::MapPiece FreeBlocksMap::piece(std::uint64_t offset, std::uint64_t limit) const {
  read::MapPiece whole = map_.piece(offset, limit);
  Split split(*fates_, version_);
  split.piece.faults = std::move(whole.faults);
  split.piece.end = whole.end;
  for (const read::Extent& extent : whole.extents) {
    if (extent.kind == read::ExtentKind::kHole) {
      if (!hole_fault_.empty()) {
        split.finish();
        split.piece.faults.push_back({{extent.file_offset, extent.length}, hole_fault_});
      }
      continue;
    }
    if (extent.kind != read::ExtentKind::kStored) {
      split.piece.extents.push_back(extent);
      continue;
    }
    const std::uint64_t reached = split.add(extent);
    if (reached == extent.file_end()) continue;
    split.piece.end = reached;
    break;
  }
  split.finish();
  return std::move(split.piece);
}

}  // namespace coldread::ext4
