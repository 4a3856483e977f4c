#include "core/report/block_map_looks.hpp"

#include <algorithm>

namespace coldread::report {
namespace {

constexpr std::array<BlockLookLine, 1> kSlash{{{2, 10, 10, 2}}};
constexpr std::array<BlockLookLine, 1> kBackslash{{{1, 1, 11, 11}}};
constexpr std::array<BlockLookLine, 2> kCross{{{2, 2, 10, 10}, {10, 2, 2, 10}}};
constexpr std::array<BlockLookLine, 2> kPlus{{{6, 3, 6, 9}, {3, 6, 9, 6}}};
constexpr std::array<BlockLookLine, 2> kBars{{{4, 5, 9, 5}, {4, 8, 9, 8}}};

}  // namespace

const std::array<BlockLook, kBlockLookCount> kBlockLooks{{
    {"untold", "#ddd5c8", "#8a8478", "#c4bcae", "#333333", {}, "data"},
    {"hole", "#ffffff", "#b4b4b4", "#e4e4e4", "#333333", {}, "hole (zeros)"},
    {"unwritten", "#ededed", "#a0a0a0", "#d0d0d0", "#6a6a6a", kSlash, "unwritten (zeros)"},
    {"inline", "#f2e45c", "#a89a20", "#c8ba30", "#333333", kPlus, "inline, in metadata"},
    {"stored", "#8fc9ee", "#5a9cc8", "#74b2dc", "#333333", {}, "stored"},
    {"compressed", "#52bfa0", "#2c8a70", "#3ca486", "#0c3a2c", kBars, "compressed"},
    {"failed", "#6e0a00", "#000000", "#000000", "#ffffff", kCross, "failed"},
    {"refused", "#f0a03c", "#000000", "#000000", "#000000", kBackslash, "proven, but a kernel refuses it"},
}};

std::string svg_int(std::uint64_t n) { return std::to_string(n); }

std::string svg_tenths(std::uint64_t n) { return svg_int(n / 10) + (n % 10 == 0 ? "" : "." + svg_int(n % 10)); }

std::size_t look_of(const BlockCell& cell) {
  if (cell.failed) return kFailed;
  return cell.refused ? kRefused : static_cast<std::size_t>(cell.kind);
}

void BlockMarks::add(std::uint64_t x, std::uint64_t y, std::uint64_t side, std::size_t look, bool is_encrypted,
                     bool is_verified) {
  const auto at = [side](std::uint64_t base, int twelfths) {
    return svg_tenths(base * 10 + side * static_cast<std::uint64_t>(twelfths) * 10 / 12);
  };
  for (const BlockLookLine& line : kBlockLooks.at(look).shape) {
    shape += "M" + at(x, line.x1) + " " + at(y, line.y1) + "L" + at(x, line.x2) + " " + at(y, line.y2);
  }
  if (is_encrypted) {
    const std::string leg = svg_int(std::max<std::uint64_t>(3, side * 5 / 12));
    encrypted += "M" + svg_int(x) + " " + svg_int(y) + "h" + leg + "l-" + leg + " " + leg + "z";
  }
  if (is_verified) {
    const std::uint64_t high = std::max<std::uint64_t>(1, side / 7);
    const std::uint64_t inset = side < 10 ? 1 : side / 6;
    const std::string wide = svg_int(side - 2 * inset);
    verified += "M" + svg_int(x + inset) + " " + svg_int(y + side - high - side / 9) + "h" + wide + "v" +
                svg_int(high) + "h-" + wide + "z";
  }
}

}  // namespace coldread::report
