#include "core/source/overlay_source.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::source {
namespace {

std::uint64_t end_of(const ByteRange& range) { return range.offset + range.length; }

tl::unexpected<Error> refuse(const Replacement& replacement, const char* what) {
  return fail(ErrorKind::kCorrupt, "overlay at byte " + std::to_string(replacement.range.offset), what);
}

}  // namespace

Result<std::shared_ptr<const OverlaySource>> OverlaySource::make(std::shared_ptr<const BlockSource> base,
                                                                 std::vector<std::shared_ptr<const BlockSource>> others,
                                                                 std::vector<Replacement> replacements) {
  std::sort(replacements.begin(), replacements.end(),
            [](const Replacement& a, const Replacement& b) { return a.range.offset < b.range.offset; });
  std::vector<Replacement> joined;
  for (const Replacement& one : replacements) {
    if (one.range.length == 0 || one.source >= others.size()) return refuse(one, "it replaces nothing");
    if (!checked_add(one.range.offset, one.range.length) || !checked_add(one.source_offset, one.range.length)) {
      return refuse(one, "its end does not fit in 64 bits");
    }
    if (!joined.empty()) {
      Replacement& last = joined.back();
      if (one.range.offset < end_of(last.range)) return refuse(one, "two replacements overlap");
      if (one.range.offset == end_of(last.range) && one.source == last.source &&
          one.source_offset == last.source_offset + last.range.length) {
        last.range.length += one.range.length;
        continue;
      }
    }
    joined.push_back(one);
  }
  joined.shrink_to_fit();
  return std::shared_ptr<const OverlaySource>(new OverlaySource(std::move(base), std::move(others), std::move(joined)));
}

OverlaySource::OverlaySource(std::shared_ptr<const BlockSource> base,
                             std::vector<std::shared_ptr<const BlockSource>> others,
                             std::vector<Replacement> replacements)
    : base_(std::move(base)), others_(std::move(others)), replacements_(std::move(replacements)) {}

template <class Part>
void OverlaySource::split(std::uint64_t offset, std::uint64_t length, Part part) const {
  const std::uint64_t end = checked_add(offset, length).value_or(~std::uint64_t{0});
  auto next = std::partition_point(replacements_.begin(), replacements_.end(),
                                   [&](const Replacement& one) { return end_of(one.range) <= offset; });
  std::uint64_t at = offset;
  while (at < end) {
    if (next == replacements_.end() || next->range.offset >= end) return part(*base_, ByteRange{at, end - at}, at);
    if (at < next->range.offset) {
      part(*base_, ByteRange{at, next->range.offset - at}, at);
      at = next->range.offset;
    }
    const std::uint64_t stop = std::min(end_of(next->range), end);
    part(*others_[next->source], ByteRange{at, stop - at}, next->source_offset + (at - next->range.offset));
    at = stop;
    ++next;
  }
}

std::vector<ReadFault> OverlaySource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  std::vector<ReadFault> faults;
  split(offset, out.size(), [&](const BlockSource& source, ByteRange range, std::uint64_t source_offset) {
    const MutableByteSpan part =
        out.subspan(static_cast<std::size_t>(range.offset - offset), static_cast<std::size_t>(range.length));
    for (ReadFault& fault : source.read_at(source_offset, part)) {
      fault.range.offset = range.offset + (fault.range.offset - source_offset);
      faults.push_back(std::move(fault));
    }
  });
  return faults;
}

std::vector<Placement> OverlaySource::locate(std::uint64_t offset, std::uint64_t length) const {
  std::vector<Placement> placements;
  split(offset, length, [&](const BlockSource& source, ByteRange range, std::uint64_t source_offset) {
    for (Placement& placement : source.locate(source_offset, range.length)) {
      placement.range.offset = range.offset + (placement.range.offset - source_offset);
      placements.push_back(placement);
    }
  });
  return placements;
}

}  // namespace coldread::source
