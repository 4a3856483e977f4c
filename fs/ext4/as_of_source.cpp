#include "fs/ext4/as_of_source.hpp"

#include <algorithm>

namespace coldread::ext4 {
namespace {

constexpr std::size_t kMaxCounted = 1 << 20;

}  // namespace

std::vector<source::ReadFault> AsOfSource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  const Filesystem& filesystem = *fates_->filesystem();
  const std::uint32_t size = filesystem.block_size();
  if (offset % size != 0 || out.size() != size) return filesystem.source->read_at(offset, out);

  const std::uint64_t block = offset >> filesystem.superblock().block_bits;
  {
    const std::lock_guard lock(mutex_);
    if (read_.size() < kMaxCounted) read_.insert(block);
  }
  const BlockFate fate = fates_->fate_of(block, version_);
  if (fate.kind == BlockFate::Kind::kLeft) return filesystem.source->read_at(offset, out);
  std::string reason;
  if (fate.kind == BlockFate::Kind::kCopied) {
    const auto bytes = fates_->history().read(*fate.copy);
    if (bytes && bytes->size() == out.size()) {
      std::copy(bytes->begin(), bytes->end(), out.begin());
      return {};
    }
    if (!bytes) reason = bytes.error().message();
  }
  if (reason.empty()) reason = fault_reason(fate, block, block);
  std::fill(out.begin(), out.end(), std::byte{0});
  return {{{offset, out.size()}, std::move(reason)}};
}

std::size_t AsOfSource::blocks_read() const {
  const std::lock_guard lock(mutex_);
  return read_.size();
}

}  // namespace coldread::ext4
