#include "core/read/map_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::read {

MapReader::MapReader(std::shared_ptr<const source::BlockSource> source, FileMap map, std::uint64_t size,
                     std::uint32_t block_size)
    : source_(std::move(source)), map_(std::move(map)), size_(size), block_size_(block_size) {}

void MapReader::fill(Window& window) const {
  window.extents.clear();
  window.faults.clear();
  window.refused.clear();
  const std::uint64_t limit = std::min(window.end(), round_up(size_, block_size_));
  std::uint64_t at = window.offset;
  while (at < limit) {
    MapPiece piece = map_.piece(at, limit);
    for (const Extent& extent : piece.extents) {
      window.extents.push_back(extent);
      bring_in(extent, window);
    }
    for (MapFault& fault : piece.faults) add_fault(window, fault.range, StepKind::kMap, std::move(fault.reason));
    at = piece.end;
  }
  if (at < window.end()) {
    const Extent past_end{at, window.end() - at, ExtentKind::kHole, 0};
    window.extents.push_back(past_end);
    bring_in(past_end, window);
  }
}

std::uint64_t MapReader::hole_end(std::uint64_t offset) const {
  const std::uint64_t limit = round_up(size_, block_size_);
  if (offset >= limit) return std::numeric_limits<std::uint64_t>::max();
  const MapPiece piece = map_.piece(offset, limit);
  std::uint64_t stop = piece.end;
  for (const MapFault& fault : piece.faults) stop = std::min(stop, fault.range.offset);
  std::uint64_t end = offset;
  for (const Extent& extent : piece.extents) {
    if (has_source(extent.kind) || extent.file_offset >= stop) break;
    end = std::min(extent.file_end(), stop);
  }
  return end;
}

void MapReader::bring_in(const Extent& extent, Window& window) const {
  const MutableByteSpan out = window.at(extent.file_offset, extent.length);
  if (!has_source(extent.kind)) {
    std::fill(out.begin(), out.end(), std::byte{0});
    return;
  }
  for (source::ReadFault& fault : source_->read_at(extent.source_offset, out)) {
    const std::uint64_t file_offset = extent.file_offset + (fault.range.offset - extent.source_offset);
    add_fault(window, {file_offset, fault.range.length}, StepKind::kRead, std::move(fault.reason));
  }
}

void MapReader::add_fault(Window& window, ByteRange range, StepKind step, std::string reason) const {
  const std::uint64_t begin = round_down(range.offset, block_size_);
  const std::uint64_t end = std::min(round_up(range.offset + range.length, block_size_), window.end());
  // What of a failed block did arrive is not content: a block is whole or it is zeros.
  const MutableByteSpan out = window.at(begin, end - begin);
  std::fill(out.begin(), out.end(), std::byte{0});
  window.faults.push_back({{begin, end - begin}, step, std::move(reason)});
}

}  // namespace coldread::read
