#include "core/source/block_source.hpp"

namespace coldread::source {

std::vector<Placement> BlockSource::locate(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return {};
  return {{{offset, length}, Medium::kImage, offset}};
}

Result<void> read_exactly(const BlockSource& source, std::uint64_t offset, MutableByteSpan out) {
  const auto faults = source.read_at(offset, out);
  if (faults.empty()) return {};
  return fail(ErrorKind::kRead, "image offset " + std::to_string(faults.front().range.offset), faults.front().reason);
}

}  // namespace coldread::source
