#include "core/source/slice_source.hpp"

#include <algorithm>
#include <utility>

namespace coldread::source {

SliceSource::SliceSource(std::shared_ptr<const BlockSource> whole, std::uint64_t offset, std::uint64_t size)
    : whole_(std::move(whole)), offset_(offset), size_(size) {}

std::vector<ReadFault> SliceSource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  const std::uint64_t here = offset < size_ ? std::min<std::uint64_t>(out.size(), size_ - offset) : 0;
  std::vector<ReadFault> faults;
  if (here != 0) {
    faults = whole_->read_at(offset_ + offset, out.first(static_cast<std::size_t>(here)));
    for (ReadFault& fault : faults) fault.range.offset -= offset_;
  }
  if (here != out.size()) {
    const MutableByteSpan rest = out.subspan(static_cast<std::size_t>(here));
    std::fill(rest.begin(), rest.end(), std::byte{0});
    faults.push_back({{offset + here, rest.size()}, "past the end of the partition"});
  }
  return faults;
}

std::vector<Placement> SliceSource::locate(std::uint64_t offset, std::uint64_t length) const {
  std::vector<Placement> placements = whole_->locate(offset_ + offset, length);
  for (Placement& placement : placements) placement.range.offset -= offset_;
  return placements;
}

}  // namespace coldread::source
