#include "core/extract/page_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/checked.hpp"
#include "core/extract/file_runs.hpp"

namespace coldread::extract {
namespace {

using read::BlockFault;
using read::ExtentKind;
using read::StepKind;

/// The fault of the earliest step that touches [begin, end).
const BlockFault* fault_at(const std::vector<BlockFault>& faults, std::uint64_t begin, std::uint64_t end) {
  const BlockFault* first = nullptr;
  for (const BlockFault& f : faults) {
    const bool touches = f.range.offset < end && begin < f.range.offset + f.range.length;
    if (touches && (first == nullptr || f.step < first->step)) first = &f;
  }
  return first;
}

std::optional<StepEnd> end_by(const BlockFault* fault) {
  return fault != nullptr ? std::optional(StepEnd{fault->step, fault->reason}) : std::nullopt;
}

/// Where a block's bytes lie, if they lie together.
std::optional<source::Placement> place_of(const source::BlockSource& source, std::uint64_t offset,
                                          std::uint64_t length) {
  const auto placements = source.locate(offset, length);
  if (placements.size() != 1 || placements.front().medium == source::Medium::kMemory) return std::nullopt;
  return placements.front();
}

}  // namespace

/// A block (of inline data: its part of one) of a window.
struct PageTable::Block {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  ExtentKind kind = ExtentKind::kHole;
  std::uint64_t source_offset = 0;
  std::optional<source::Placement> placement;
  std::uint64_t cluster = 0;  ///< where its compressed extent begins
  const BlockFault* fault = nullptr;
  const BlockFault* refused = nullptr;
  source::ByteRange piece;

  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  [[nodiscard]] bool packed() const { return kind == ExtentKind::kCompressed; }
  [[nodiscard]] bool placed() const { return read::has_source(kind) && !packed(); }

  [[nodiscard]] bool goes_on_in(const Block& next) const {
    if (!placement || !next.placement) return false;
    return source_offset + length == next.source_offset && placement->medium == next.placement->medium &&
           placement->device == next.placement->device && placement->offset + length == next.placement->offset;
  }

  [[nodiscard]] bool joins(const Block& next) const {
    if (kind != next.kind || fault != next.fault || refused != next.refused) return false;
    if (packed()) return cluster == next.cluster;
    if (!placed() || goes_on_in(next)) return true;
    return !placement && !next.placement && source_offset + length == next.source_offset;
  }
};

bool PageRow::bad() const {
  return std::any_of(runs.begin(), runs.end(), [](const PageRun& run) { return run.failed.has_value(); });
}

bool PageRow::refused() const {
  return !bad() && std::any_of(runs.begin(), runs.end(), [](const PageRun& run) { return run.refused.has_value(); });
}

PageTable::PageTable(const ContentPlan& plan, const source::BlockSource& source, std::uint32_t block_size,
                     const std::optional<read::Compression>& compression, bool encrypted)
    : plan_(plan), source_(source), block_size_(block_size), compression_(compression), encrypted_(encrypted) {}

bool PageTable::read(const std::function<bool(const PageRow&)>& row) const {
  const read::PageReader& reader = *plan_.reader;
  Bytes buffer(reader.window_size());
  read::Window window;
  for (std::uint64_t at = 0; at < reader.size(); at += reader.window_size()) {
    reader.read(at, buffer, window);
    const std::vector<Block> blocks = blocks_of(window);
    for (std::uint64_t page = at; page < window.end(); page += reader.page_size()) {
      if (!row(row_of(blocks, page))) return false;
    }
  }
  return true;
}

std::vector<PageTable::Block> PageTable::blocks_of(const read::Window& window) const {
  std::vector<Block> blocks;
  for (const read::Extent& extent : window.extents) {
    const std::uint64_t stop = std::min(extent.file_end(), window.end());
    for (std::uint64_t at = std::max(extent.file_offset, window.offset); at < stop;) {
      Block block;
      block.offset = at;
      block.length = std::min(round_down(at, block_size_) + block_size_, stop) - at;
      block.kind = extent.kind;
      block.cluster = extent.file_offset;
      if (block.placed()) {
        block.source_offset = extent.source_offset + (at - extent.file_offset);
        block.placement = place_of(source_, block.source_offset, block.length);
      }
      block.fault = fault_at(window.faults, at, block.end());
      if (block.fault == nullptr) block.refused = fault_at(window.refused, at, block.end());
      at = block.end();
      blocks.push_back(block);
    }
  }
  for (std::size_t first = 0; first < blocks.size();) {
    std::size_t last = first;
    while (last + 1 < blocks.size() && blocks[last].goes_on_in(blocks[last + 1])) ++last;
    const std::uint64_t begin = blocks[first].offset;
    for (const std::uint64_t end = blocks[last].end(); first <= last; ++first) {
      blocks[first].piece = {begin, end - begin};
    }
  }
  return blocks;
}

std::vector<StepKind> PageTable::steps(const Block& block) const {
  const bool stored = read::has_source(block.kind);
  std::vector<StepKind> steps;
  if (stored) steps.push_back(StepKind::kRead);
  if (stored && encrypted_) steps.push_back(StepKind::kDecrypt);
  if (block.packed()) steps.push_back(StepKind::kDecompress);
  if (plan_.verity && block.offset < plan_.reader->size()) steps.push_back(StepKind::kVerity);
  const auto ran = [&](StepKind step) { return block.fault == nullptr || step <= block.fault->step; };
  steps.erase(std::find_if_not(steps.begin(), steps.end(), ran), steps.end());
  return steps;
}

PageRun PageTable::run_of(const Block& block) const {
  PageRun run;
  run.offset = block.offset;
  run.length = block.length;
  run.kind = block.kind;
  run.source_offset = block.source_offset;
  run.placement = block.placement;
  if (block.packed() && plan_.map && compression_) {
    run.packed = cluster_places(*plan_.map, source_, block.cluster, compression_->cluster_size);
  }
  if (block.placement) run.piece = block.piece;
  run.steps = steps(block);
  run.failed = end_by(block.fault);
  run.refused = end_by(block.refused);
  return run;
}

// Extents may be split anywhere, and pages may be smaller than blocks: a run is cut where its page ends.
PageRow PageTable::row_of(const std::vector<Block>& blocks, std::uint64_t begin) const {
  const std::uint64_t end = begin + plan_.reader->page_size();
  PageRow row;
  row.page = begin / plan_.reader->page_size();
  row.offset = begin;
  const auto first =
      std::partition_point(blocks.begin(), blocks.end(), [&](const Block& b) { return b.end() <= begin; });
  const Block* before = nullptr;
  for (auto block = first; block != blocks.end() && block->offset < end; ++block) {
    Block part = *block;
    const std::uint64_t cut = std::max(begin, part.offset) - part.offset;
    if (part.placed()) part.source_offset += cut;
    part.offset += cut;
    part.length = std::min(end, block->end()) - part.offset;
    if (part.placement) {
      part.placement->offset += cut;
      part.placement->range = {part.source_offset, part.length};
    }
    if (before != nullptr && before->joins(*block)) {
      row.runs.back().length += part.length;
    } else {
      row.runs.push_back(run_of(part));
    }
    before = &*block;
  }
  return row;
}

}  // namespace coldread::extract
