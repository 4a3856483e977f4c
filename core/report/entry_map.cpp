#include "core/report/entry_map.hpp"

#include <algorithm>

#include "core/base/checked.hpp"
#include "core/report/block_map.hpp"

namespace coldread::report {
namespace {

constexpr std::uint64_t kMostCells = 2048;
constexpr std::uint32_t kWidth = 480;  // legible where a phone makes it fit
constexpr std::uint32_t kSmallest = 512;
constexpr std::uint32_t kLargest = 1U << 20U;

bool is_size(std::uint32_t bytes) { return bytes >= kSmallest && bytes <= kLargest && is_power_of_two(bytes); }

/// A map that takes no more work than ranges beside one another would.
class BoundedMap {
 public:
  BoundedMap(std::uint64_t size, const Filesystem& filesystem, std::size_t ranges)
      : map_(size, filesystem.block_size, filesystem.page_size, kMostCells), touches_(4 * (kMostCells + ranges)) {}

  void add(const BlockRange& range) {
    const std::uint64_t cells = std::min<std::uint64_t>(range.length / map_.cell_size() + 2, map_.cells().size());
    if (cells > touches_) over_ = true;
    if (over_) return;
    touches_ -= cells;
    map_.add(range);
  }
  [[nodiscard]] std::optional<std::string> svg() const {
    if (over_) return std::nullopt;
    return to_svg(map_, kWidth);
  }

 private:
  BlockMap map_;
  std::uint64_t touches_;  ///< of cells, that are still allowed
  bool over_ = false;
};

}  // namespace

std::optional<std::string> entry_map(const ReportEntry& entry, const Filesystem& filesystem) {
  const std::uint64_t lists = entry.runs.left_out() + entry.bad.left_out() + entry.tree.left_out();
  if (!entry.size || lists != 0 || !is_size(filesystem.block_size) || !is_size(filesystem.page_size)) {
    return std::nullopt;
  }
  const bool encrypted =
      std::any_of(entry.facts.begin(), entry.facts.end(), [](const Fact& fact) { return fact.first == "encryption"; });
  const bool verified = entry.verity == "verified" || entry.verity == "mismatch";
  BoundedMap map(*entry.size, filesystem, entry.runs.items.size() + entry.bad.items.size() + entry.tree.items.size());
  for (const Run& run : entry.runs.items) {
    BlockRange range{run.offset, run.length, block_kind(run.kind)};
    range.encrypted = encrypted && (range.kind == BlockKind::kStored || range.kind == BlockKind::kCompressed);
    range.verified = verified;
    range.image_offset = run.image_offset;
    map.add(range);
  }
  if (entry.runs.items.empty()) {
    BlockRange whole{0, *entry.size};
    whole.verified = verified;
    map.add(whole);
  }
  for (const BadRange& bad : entry.bad.items) {
    BlockRange range{bad.range.offset, bad.range.length};
    range.failed = true;
    range.reason = bad.step + ": " + bad.reason;
    map.add(range);
  }
  for (const TreeDamage& tree : entry.tree.items) {
    if (!tree.recomputed) continue;
    BlockRange range{tree.covers.offset, tree.covers.length};
    range.refused = true;
    range.reason = tree.reason;
    map.add(range);
  }
  return map.svg();
}

}  // namespace coldread::report
