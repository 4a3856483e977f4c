#include "core/source/joined_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace coldread::source {

JoinedSource::JoinedSource(std::vector<Member> members) : members_(std::move(members)) {
  for (const Member& member : members_) size_ += member.size;
}

template <class Part>
void JoinedSource::split(std::uint64_t offset, std::uint64_t length, Part part) const {
  std::uint64_t begin = 0;
  const std::uint64_t end = offset + length;
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    const std::uint64_t from = std::max(offset, begin);
    const std::uint64_t to = std::min(end, begin + members_[i].size);
    if (from < to) part(i, from, to - from, from - begin);
    begin += members_[i].size;
  }
}

std::vector<ReadFault> JoinedSource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  std::vector<ReadFault> faults;
  std::uint64_t reached = offset;
  split(offset, out.size(), [&](std::uint32_t i, std::uint64_t at, std::uint64_t length, std::uint64_t inner) {
    const MutableByteSpan part = out.subspan(static_cast<std::size_t>(at - offset), static_cast<std::size_t>(length));
    for (ReadFault& fault : members_[i].source->read_at(inner, part)) {
      fault.range.offset = fault.range.offset - inner + at;
      if (i != 0) fault.reason = "device " + std::to_string(i) + ": " + fault.reason;
      faults.push_back(std::move(fault));
    }
    reached = at + length;
  });
  const MutableByteSpan rest = out.subspan(static_cast<std::size_t>(reached - offset));
  if (!rest.empty()) {
    std::fill(rest.begin(), rest.end(), std::byte{0});
    faults.push_back({{reached, rest.size()}, "past the end of the last device"});
  }
  return faults;
}

std::vector<Placement> JoinedSource::locate(std::uint64_t offset, std::uint64_t length) const {
  std::vector<Placement> placements;
  std::uint64_t reached = offset;
  split(offset, length, [&](std::uint32_t i, std::uint64_t at, std::uint64_t part, std::uint64_t inner) {
    for (Placement placement : members_[i].source->locate(inner, part)) {
      placement.range.offset = placement.range.offset - inner + at;
      placement.device = i;
      placements.push_back(placement);
    }
    reached = at + part;
  });
  if (reached < offset + length) placements.push_back({{reached, offset + length - reached}, Medium::kMemory, 0});
  return placements;
}

}  // namespace coldread::source
