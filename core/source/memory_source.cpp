#include "core/source/memory_source.hpp"

namespace coldread::source {

std::vector<ReadFault> MemorySource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  const std::uint64_t here = offset < bytes_.size() ? std::min<std::uint64_t>(out.size(), bytes_.size() - offset) : 0;
  if (here != 0) std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), here, out.begin());
  if (here == out.size()) return {};
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(here), out.end(), std::byte{0});
  return {{{offset + here, out.size() - here}, "past the end of the image"}};
}

std::vector<Placement> MemorySource::locate(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return {};
  return {{{offset, length}, medium_, medium_ == Medium::kMemory ? 0 : offset}};
}

}  // namespace coldread::source
