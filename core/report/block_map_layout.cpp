#include "core/report/block_map_layout.hpp"

#include <algorithm>
#include <string>

namespace coldread::report {
namespace {

constexpr std::uint64_t kFewestColumns = 16;
constexpr std::uint64_t kMostColumns = 128;
constexpr std::uint64_t kSmallestCell = 6;
constexpr std::uint64_t kLargestCell = 24;
constexpr std::uint64_t kPageGap = 7;
constexpr std::uint64_t kSmallPageGap = 4;  ///< of the maps with the most columns
constexpr std::uint64_t kMargin = 14;
constexpr std::uint64_t kLabelHeight = 13;
constexpr std::uint64_t kDigitWidth = 7;

}  // namespace

MapLayout::MapLayout(const BlockMap& map, std::uint32_t wanted_width) {
  const std::uint64_t count = map.cells().size();
  if (map.page_size() > map.cell_size() && map.page_size() % map.cell_size() == 0) {
    cells_per_page = map.page_size() / map.cell_size();
  }
  columns = std::max(kFewestColumns, cells_per_page);
  while (columns < kMostColumns && count > columns * columns / 2) columns *= 2;
  if (cells_per_page != 0) gap = columns < kMostColumns ? kPageGap : kSmallPageGap;
  rows = count / columns + (count % columns != 0 ? 1 : 0);

  const std::string last_label = std::to_string(rows == 0 ? 0 : (rows - 1) * columns * map.cell_size());
  left = kMargin + std::max<std::uint64_t>(last_label.size(), 6) * kDigitWidth + 8;
  const std::uint64_t gaps = cells_per_page == 0 ? 0 : columns / cells_per_page * gap;
  const std::uint64_t taken = left + gaps + kMargin;
  const std::uint64_t room = wanted_width > taken ? wanted_width - taken : 0;
  cell = std::clamp(room / columns, kSmallestCell, kLargestCell);
  width = std::max<std::uint64_t>(wanted_width, taken + columns * cell);
}

std::uint64_t MapLayout::x(std::uint64_t cell_index) const {
  const std::uint64_t column = cell_index % columns;
  return left + column * cell + (cells_per_page == 0 ? 0 : column / cells_per_page * gap);
}

std::uint64_t MapLayout::label_every() const { return (kLabelHeight + cell + gap - 1) / (cell + gap); }

}  // namespace coldread::report
