#include "core/source/unreadable_source.hpp"

#include <algorithm>

namespace coldread::source {

std::vector<ReadFault> UnreadableSource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  std::fill(out.begin(), out.end(), std::byte{0});
  if (out.empty()) return {};
  return {{{offset, out.size()}, reason_}};
}

std::vector<Placement> UnreadableSource::locate(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return {};
  return {{{offset, length}, Medium::kMemory, 0}};
}

}  // namespace coldread::source
