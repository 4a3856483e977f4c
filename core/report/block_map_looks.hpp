#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/report/block_map.hpp"

namespace coldread::report {

/// A line within a cell, in twelfths of its side.
struct BlockLookLine {
  int x1, y1, x2, y2;
};

/// How a cell looks. The colours are near those that Okabe and Ito chose for the colour-blind, and light but for what
/// failed, which is the darkest in greyscale too. What is alike in grey has a shape of its own.
struct BlockLook {
  std::string_view name;
  std::string_view fill;
  std::string_view edge;
  std::string_view small_edge;  ///< of cells a few pixels wide, whose edges would else be most of them
  std::string_view ink;         ///< of the shape
  std::span<const BlockLookLine> shape;
  std::string_view legend;
};

constexpr std::size_t kFailed = 6;
constexpr std::size_t kRefused = 7;
constexpr std::size_t kBlockLookCount = 8;

/// By BlockKind; then what is wrong, whatever the kind.
extern const std::array<BlockLook, kBlockLookCount> kBlockLooks;

/// The index of a cell's look.
[[nodiscard]] std::size_t look_of(const BlockCell& cell);

/// The `<path>` data of marks on cells.
struct BlockMarks {
  std::string shape;      ///< lines
  std::string encrypted;  ///< areas
  std::string verified;   ///< areas

  /// Adds those of a cell at (x, y), `side` wide.
  void add(std::uint64_t x, std::uint64_t y, std::uint64_t side, std::size_t look, bool is_encrypted, bool is_verified);
};

/// Numbers as SVG has them; the second's are tenths.
[[nodiscard]] std::string svg_int(std::uint64_t n);
[[nodiscard]] std::string svg_tenths(std::uint64_t n);

}  // namespace coldread::report
