#include "core/read/file_map.hpp"

#include <algorithm>
#include <utility>

#include "core/base/checked.hpp"
#include "core/read/compression.hpp"

namespace coldread::read {
namespace {

/// A map held in memory.
class KnownMap final : public MapSource {
 public:
  explicit KnownMap(std::vector<Extent> extents) : extents_(std::move(extents)) {}

  [[nodiscard]] MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override {
    MapPiece piece;
    piece.end = limit;
    auto at =
        std::partition_point(extents_.begin(), extents_.end(), [&](const Extent& e) { return e.file_end() <= offset; });
    for (; at != extents_.end() && at->file_offset < limit; ++at) piece.extents.push_back(*at);
    return piece;
  }

 private:
  std::vector<Extent> extents_;
};

bool overflows(const Extent& e) {
  return !checked_add(e.file_offset, e.length) || !checked_add(e.source_offset, e.length);
}

void add_hole(std::vector<Extent>& extents, std::uint64_t begin, std::uint64_t end) {
  if (begin < end) extents.push_back({begin, end - begin, ExtentKind::kHole, 0});
}

}  // namespace

std::string_view to_string(ExtentKind kind) {
  switch (kind) {
    case ExtentKind::kStored: return "stored";
    case ExtentKind::kHole: return "hole";
    case ExtentKind::kUnwritten: return "unwritten";
    case ExtentKind::kInline: return "inline";
    case ExtentKind::kCompressed: return "compressed";
  }
  return "hole";
}

std::string_view to_string(CompressionAlgorithm algorithm) {
  switch (algorithm) {
    case CompressionAlgorithm::kLzo: return "lzo";
    case CompressionAlgorithm::kLz4: return "lz4";
    case CompressionAlgorithm::kZstd: return "zstd";
    case CompressionAlgorithm::kLzoRle: return "lzo-rle";
  }
  return "lz4";
}

Result<FileMap> FileMap::make(std::vector<Extent> extents, std::uint64_t size, std::uint64_t mapped_end) {
  std::uint64_t reached = 0;
  for (const Extent& e : extents) {
    const std::string where = "file offset " + std::to_string(e.file_offset);
    if (overflows(e)) return fail(ErrorKind::kCorrupt, where, "an extent's end does not fit in 64 bits");
    if (e.length == 0) return fail(ErrorKind::kCorrupt, where, "an extent is empty");
    if (e.file_offset < reached) return fail(ErrorKind::kCorrupt, where, "an extent overlaps the one before it");
    reached = e.file_end();
  }
  return FileMap(std::make_shared<KnownMap>(std::move(extents)), size, mapped_end);
}

FileMap FileMap::make(std::shared_ptr<const MapSource> pieces, std::uint64_t size, std::uint64_t mapped_end) {
  return {std::move(pieces), size, mapped_end};
}

MapPiece FileMap::piece(std::uint64_t offset, std::uint64_t limit) const {
  MapPiece result;
  result.end = offset;
  if (offset >= limit) return result;

  MapPiece raw = pieces_->piece(offset, limit);
  const std::uint64_t end = raw.end > offset ? std::min(raw.end, limit) : limit;
  if (raw.end <= offset) {
    raw.extents.clear();
    raw.faults.assign(1, {{offset, limit - offset}, "its mapping does not go on"});
  }
  result.end = end;
  result.extents.reserve(raw.extents.size() + 2);
  std::uint64_t reached = offset;
  for (const Extent& e : raw.extents) {
    if (e.length == 0 || e.file_offset >= end) continue;
    if (overflows(e)) {
      raw.faults.push_back({{e.file_offset, end - e.file_offset}, "an extent's end does not fit in 64 bits"});
      continue;
    }
    if (e.file_end() <= offset) continue;
    const std::uint64_t begin = std::max(e.file_offset, offset);
    const std::uint64_t stop = std::min(e.file_end(), end);
    if (begin < reached) {
      // Which of the two claims is right cannot be told, so neither is believed past this point.
      raw.faults.push_back({{begin, stop - begin}, "two extents claim this range"});
      if (stop <= reached) continue;
      add_hole(result.extents, reached, stop);
      reached = stop;
      continue;
    }
    add_hole(result.extents, reached, begin);
    const bool placed = has_source(e.kind);
    result.extents.push_back({begin, stop - begin, e.kind, placed ? e.source_offset + (begin - e.file_offset) : 0});
    reached = stop;
  }
  add_hole(result.extents, reached, end);

  for (MapFault& fault : raw.faults) {
    const std::uint64_t begin = std::max(fault.range.offset, offset);
    const std::uint64_t stop = std::min(checked_add(fault.range.offset, fault.range.length).value_or(end), end);
    if (begin < stop) result.faults.push_back({{begin, stop - begin}, std::move(fault.reason)});
  }
  return result;
}

}  // namespace coldread::read
