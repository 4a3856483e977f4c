#include "core/report/block_map.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::report {
namespace {

constexpr std::uint64_t kFewCells = 4;
constexpr std::size_t kMostWords = 200;

constexpr std::array<std::pair<BlockKind, std::string_view>, 6> kWords{{
    {BlockKind::kUntold, "data"},
    {BlockKind::kHole, "hole"},
    {BlockKind::kUnwritten, "unwritten"},
    {BlockKind::kInline, "inline"},
    {BlockKind::kStored, "stored"},
    {BlockKind::kCompressed, "compressed"},
}};

/// A cell's words: each of many cells may have some, and a hostile image could make them long.
std::string bounded(const std::string& words) {
  return words.size() <= kMostWords ? words : words.substr(0, kMostWords) + "...";
}

}  // namespace

BlockKind block_kind(std::string_view word) {
  for (const auto& [kind, name] : kWords) {
    if (name == word) return kind;
  }
  return BlockKind::kUntold;
}

std::string_view to_string(BlockKind kind) {
  for (const auto& [known, name] : kWords) {
    if (known == kind) return name;
  }
  return kWords.front().second;
}

BlockMap::BlockMap(std::uint64_t size, std::uint32_t block_size, std::uint32_t page_size, std::uint64_t most_cells)
    : size_(size), block_size_(std::max(block_size, 1U)), page_size_(std::max(page_size, 1U)) {
  const std::uint64_t blocks = size / block_size_ + (size % block_size_ != 0 ? 1 : 0);
  const auto count = [&] { return blocks / blocks_per_cell_ + (blocks % blocks_per_cell_ != 0 ? 1 : 0); };
  while (count() > std::max<std::uint64_t>(most_cells, 1)) blocks_per_cell_ *= 2;
  // Outlines around pages of a few small cells would be most of the drawing.
  const bool few = page_size_ > cell_size() && page_size_ <= kFewCells * cell_size() && page_size_ % cell_size() == 0;
  if (blocks_per_cell_ > 1 && few) blocks_per_cell_ = page_size_ / block_size_;
  cells_.resize(static_cast<std::size_t>(count()));
  told_.resize(cells_.size());
}

void BlockMap::add(BlockCell& cell, std::uint64_t begin, const BlockRange& range) const {
  cell.kind = std::max(cell.kind, range.kind);
  cell.encrypted = cell.encrypted || range.encrypted;
  if (blocks_per_cell_ == 1) {
    if (range.image_offset && !cell.image_offset && range.offset <= begin) {
      cell.image_offset = checked_add(*range.image_offset, begin - range.offset);
    }
    if (cell.place.empty()) cell.place = bounded(range.place);
  }
  const bool first_fault = range.failed && !cell.failed;
  const bool first_refusal = range.refused && !cell.refused && !cell.failed && !range.failed;
  if (first_fault || first_refusal) {
    cell.reason = bounded(range.reason);
    cell.fault_offset = std::max(begin, range.offset);
  }
  cell.failed = cell.failed || range.failed;
  cell.refused = cell.refused || range.refused;
}

void BlockMap::add(const BlockRange& range) {
  if (cells_.empty() || range.length == 0) return;
  const std::uint64_t cell_bytes = cell_size();
  const std::uint64_t last_byte = checked_add(range.offset, range.length - 1).value_or(~std::uint64_t{0});
  const std::uint64_t last = std::min<std::uint64_t>(last_byte / cell_bytes, cells_.size() - 1);
  for (std::uint64_t i = range.offset / cell_bytes; i <= last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    BlockCell& cell = cells_[at];
    if (!range.failed && !range.refused) {
      cell.verified = range.verified && (cell.verified || !told_[at]);
      told_[at] = true;
    }
    add(cell, i * cell_bytes, range);
  }
}

std::string block_map_svg(const std::vector<BlockRange>& ranges, std::uint64_t size, std::uint32_t block_size,
                          std::uint32_t page_size, std::uint32_t width, const std::vector<std::string>& title) {
  BlockMap map(size, block_size, page_size);
  for (const BlockRange& range : ranges) map.add(range);
  return to_svg(map, width, title);
}

}  // namespace coldread::report
