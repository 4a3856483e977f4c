#pragma once

#include <cstdint>

#include "core/report/block_map.hpp"

namespace coldread::report {

/// Where the cells of a map stand in its drawing. Pixels.
struct MapLayout {
  MapLayout(const BlockMap& map, std::uint32_t width);

  std::uint64_t columns = 1;  ///< cells in a row, a power of two
  std::uint64_t rows = 0;
  std::uint64_t cells_per_page = 0;  ///< where a page is drawn around several cells; else 0
  std::uint64_t cell = 0;            ///< a cell's side, with the gap to the next
  std::uint64_t gap = 0;             ///< between pages, and between rows
  std::uint64_t left = 0;            ///< of the first cell; the offsets stand before it
  std::uint64_t width = 0;           ///< of the whole drawing

  [[nodiscard]] std::uint64_t x(std::uint64_t cell_index) const;
  /// Below the map's own top.
  [[nodiscard]] std::uint64_t y(std::uint64_t cell_index) const { return cell_index / columns * (cell + gap); }
  [[nodiscard]] std::uint64_t height() const { return rows * (cell + gap); }
  /// Every how many rows an offset has room.
  [[nodiscard]] std::uint64_t label_every() const;
};

}  // namespace coldread::report
