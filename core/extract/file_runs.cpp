#include "core/extract/file_runs.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::extract {
namespace {

bool goes_on(const std::optional<std::uint64_t>& before, std::uint64_t length,
             const std::optional<std::uint64_t>& next) {
  return before.has_value() == next.has_value() && (!next || *before + length == *next);
}

/// Adds a part of an extent, all of it where it lies nowhere, and joins it with the run before where it goes on.
void add_run(std::vector<report::Run>& runs, const read::Extent& extent, const source::Placement* placement) {
  report::Run run;
  run.offset = extent.file_offset + (placement != nullptr ? placement->range.offset - extent.source_offset : 0);
  run.length = placement != nullptr ? placement->range.length : extent.length;
  run.kind = read::to_string(extent.kind);
  if (placement != nullptr && placement->medium == source::Medium::kImage) run.image_offset = placement->offset;
  if (placement != nullptr && placement->medium == source::Medium::kJournal) run.journal_offset = placement->offset;
  if (placement != nullptr && placement->medium == source::Medium::kDevice) {
    run.device = placement->device;
    run.device_offset = placement->offset;
  }
  if (!runs.empty()) {
    report::Run& last = runs.back();
    if (last.kind == run.kind && last.device == run.device && last.offset + last.length == run.offset &&
        goes_on(last.image_offset, last.length, run.image_offset) &&
        goes_on(last.journal_offset, last.length, run.journal_offset) &&
        goes_on(last.device_offset, last.length, run.device_offset)) {
      last.length += run.length;
      return;
    }
  }
  runs.push_back(std::move(run));
}

void add_extent(std::vector<report::Run>& runs, const read::Extent& extent, const source::BlockSource& source) {
  if (!read::has_source(extent.kind)) {
    add_run(runs, extent, nullptr);
    return;
  }
  for (const source::Placement& placement : source.locate(extent.source_offset, extent.length)) {
    add_run(runs, extent, &placement);
  }
}

/// Takes [begin, ...) off the end of what was added.
void cut_at(std::vector<report::Run>& runs, std::uint64_t begin) {
  while (!runs.empty() && runs.back().offset >= begin) runs.pop_back();
  if (!runs.empty()) runs.back().length = std::min(runs.back().length, begin - runs.back().offset);
}

report::Run cluster_run(const std::vector<source::Placement>& places, std::uint64_t begin, std::uint64_t end) {
  report::Run run;
  run.offset = begin;
  run.length = end - begin;
  run.kind = read::to_string(read::ExtentKind::kCompressed);
  run.stored = stored_parts(places);
  return run;
}

}  // namespace

std::vector<source::Placement> cluster_places(const read::FileMap& map, const source::BlockSource& source,
                                              std::uint64_t cluster, std::uint32_t cluster_size) {
  std::vector<source::Placement> places;
  const std::uint64_t end = cluster + cluster_size;
  for (std::uint64_t at = cluster; at < end;) {
    const read::MapPiece piece = map.piece(at, end);
    for (const read::Extent& extent : piece.extents) {
      if (extent.kind != read::ExtentKind::kCompressed) continue;
      for (source::Placement& place : source.locate(extent.source_offset, extent.length)) {
        source::Placement* const last = places.empty() ? nullptr : &places.back();
        if (last != nullptr && last->medium == place.medium && last->device == place.device &&
            last->range.offset + last->range.length == place.range.offset &&
            last->offset + last->range.length == place.offset) {
          last->range.length += place.range.length;
        } else {
          places.push_back(place);
        }
      }
    }
    at = piece.end;
  }
  return places;
}

std::vector<report::StoredPart> stored_parts(const std::vector<source::Placement>& places) {
  std::vector<report::StoredPart> parts;
  for (const source::Placement& place : places) {
    const bool in_image = place.medium == source::Medium::kImage;
    parts.push_back({in_image ? std::optional(place.offset) : std::nullopt, place.range.length});
  }
  return parts;
}

std::vector<report::Run> file_runs(const read::FileMap& map, std::uint64_t size, const source::BlockSource& source,
                                   const std::optional<read::Compression>& compression) {
  std::vector<report::Run> runs;
  // A cluster that EOF is in may be stored in slots past it.
  const std::uint64_t end = compression ? round_up(size, compression->cluster_size) : size;
  std::uint64_t done = 0;  // the end of the last compressed cluster
  for (std::uint64_t at = 0; at < end;) {
    const read::MapPiece piece = map.piece(at, end);
    for (read::Extent extent : piece.extents) {
      if (compression && extent.kind == read::ExtentKind::kCompressed) {
        if (extent.file_offset < done) continue;
        const std::uint64_t cluster = round_down(extent.file_offset, compression->cluster_size);
        done = cluster + compression->cluster_size;
        cut_at(runs, cluster);
        const auto places = cluster_places(map, source, cluster, compression->cluster_size);
        if (cluster < size) runs.push_back(cluster_run(places, cluster, std::min(done, size)));
        continue;
      }
      const std::uint64_t begin = std::max(extent.file_offset, done);
      const std::uint64_t stop = std::min(extent.file_end(), size);
      if (begin >= stop) continue;
      if (read::has_source(extent.kind)) extent.source_offset += begin - extent.file_offset;
      add_extent(runs, {begin, stop - begin, extent.kind, extent.source_offset}, source);
    }
    at = piece.end;
  }
  return runs;
}

}  // namespace coldread::extract
