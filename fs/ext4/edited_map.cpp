#include "fs/ext4/edited_map.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace coldread::ext4 {
namespace {

constexpr std::size_t kMaxEdits = 1000;  // in one piece

using Kind = RangeEdit::Kind;

/// What of [begin, end) of an extent.
read::Extent part_of(const read::Extent& extent, std::uint64_t begin, std::uint64_t end) {
  read::Extent part = extent;
  part.file_offset = begin;
  part.length = end - begin;
  if (part.kind == read::ExtentKind::kStored || part.kind == read::ExtentKind::kInline) {
    part.source_offset += begin - extent.file_offset;
  }
  return part;
}

}  // namespace

EditedMap::EditedMap(read::FileMap below, std::shared_ptr<const RangeEdits> edits, unsigned block_bits)
    : below_(std::move(below)), edits_(std::move(edits)), bits_(block_bits) {}

read::MapPiece EditedMap::piece(std::uint64_t offset, std::uint64_t limit) const {
  read::MapPiece below = below_.piece(offset, limit);
  read::MapPiece piece;
  piece.faults = std::move(below.faults);
  piece.end = below.end;

  auto edit = edits_->all().upper_bound(offset >> bits_);
  if (edit != edits_->all().begin() && std::prev(edit)->second.end << bits_ > offset) --edit;

  std::size_t count = 0;
  std::uint64_t reached = offset;
  auto under = below.extents.begin();
  // Copies what lies below in [reached, end).
  const auto copy_until = [&](std::uint64_t end) {
    for (; under != below.extents.end() && under->file_offset < end; ++under) {
      const std::uint64_t begin = std::max(under->file_offset, reached);
      const std::uint64_t stop = std::min(under->file_end(), end);
      if (begin < stop && under->kind != read::ExtentKind::kHole) piece.extents.push_back(part_of(*under, begin, stop));
      if (under->file_end() > end) break;
    }
    reached = std::max(reached, end);
  };
  for (; edit != edits_->all().end() && edit->first << bits_ < piece.end; ++edit) {
    const auto& [first, change] = *edit;
    if (++count > kMaxEdits) {
      piece.end = first << bits_;
      break;
    }
    const std::uint64_t begin = std::max(first << bits_, offset);
    const std::uint64_t stop = std::min(change.end << bits_, piece.end);
    copy_until(begin);
    // What lies below the change is passed over.
    while (under != below.extents.end() && under->file_end() <= stop) ++under;
    reached = stop;
    const read::Extent whole{first << bits_, (change.end - first) << bits_,
                             change.kind == Kind::kMapped ? read::ExtentKind::kStored : read::ExtentKind::kUnwritten,
                             change.kind == Kind::kMapped ? change.start << bits_ : 0};
    if (change.kind == Kind::kMapped || change.kind == Kind::kUnwritten) {
      piece.extents.push_back(part_of(whole, begin, stop));
    } else if (change.kind == Kind::kImpossible) {
      piece.faults.push_back({{begin, stop - begin},
                              "a fast commit puts file block " + std::to_string(first) + " at block " +
                                  std::to_string(change.start) + ", which cannot be"});
    }
  }
  copy_until(piece.end);
  return piece;
}

std::uint64_t EditedMap::mapped_end() const {
  std::uint64_t end = below_.mapped_end();
  for (auto edit = edits_->all().rbegin(); edit != edits_->all().rend(); ++edit) {
    const std::uint64_t stop = edit->second.end << bits_;
    if (edit->second.kind != Kind::kRemoved) return std::max(end, stop);
    if (stop >= end) end = std::min(end, edit->first << bits_);
  }
  return end;
}

}  // namespace coldread::ext4
