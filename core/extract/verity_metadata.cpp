#include "core/extract/verity_metadata.hpp"

#include <algorithm>
#include <utility>

#include "core/base/checked.hpp"
#include "core/base/little_endian.hpp"
#include "core/verity/merkle_tree.hpp"

namespace coldread::extract {
namespace {

constexpr std::uint64_t kPiece = 256 << 10;

/// Of sig_size in struct fsverity_descriptor (fsverity.rst, where it is __reserved_0x04).
constexpr std::size_t kSignatureSizeOffset = 4;

}  // namespace

Result<VerityMetadata> VerityMetadata::find(const volume::Volume& volume, const volume::Inode& inode,
                                            const Encryption* encryption, VerityPlan plan) {
  VerityMetadata metadata;
  auto past_eof = plan_past_eof(volume, inode, encryption);
  if (!past_eof) return fail(std::move(past_eof.error()));
  metadata.past_eof_ = std::move(*past_eof);
  auto location = inode.locate_verity(*metadata.past_eof_);
  if (!location) return fail(std::move(location.error()));
  metadata.location_ = *location;
  metadata.descriptor_ = std::move(plan.descriptor);
  metadata.malformed_ = std::move(plan.malformed);
  return metadata;
}

bool VerityMetadata::read_range(std::uint64_t begin, std::uint64_t length, const Write& write,
                                const OnFault& on_fault) const {
  const std::uint64_t piece = std::max<std::uint64_t>(kPiece, past_eof_->unit());
  const auto end = checked_add(begin, length);
  Bytes buffer(static_cast<std::size_t>(piece));
  read::Window window;
  std::uint64_t at = begin;
  while (end && at < *end && at < past_eof_->size()) {
    window.offset = round_down(at, piece);
    window.bytes = buffer;
    window.extents.clear();
    window.faults.clear();
    past_eof_->fill(window);
    const std::uint64_t stop = std::min({*end, window.end(), past_eof_->size()});
    for (const read::BlockFault& fault : window.faults) {
      const std::uint64_t from = std::max(at, fault.range.offset);
      const std::uint64_t to = std::min(stop, fault.range.offset + fault.range.length);
      if (from >= to) continue;
      const MutableByteSpan bad = window.at(from, to - from);
      std::fill(bad.begin(), bad.end(), std::byte{0});
      on_fault({from, to - from}, std::string(read::to_string(fault.step)) + ": " + fault.reason);
    }
    if (!write(window.at(at, stop - at))) return false;
    at = stop;
  }
  if (!end || at >= *end) return true;
  on_fault({at, *end - at}, "it lies past the end of what is mapped");
  std::fill(buffer.begin(), buffer.end(), std::byte{0});
  for (; at < *end; at += std::min(*end - at, piece)) {
    if (!write(ByteSpan(buffer).first(static_cast<std::size_t>(std::min(*end - at, piece))))) return false;
  }
  return true;
}

Result<void> VerityMetadata::read_descriptor(VerityPart part, const Write& write, const OnFault& on_fault) const {
  Bytes stored;
  const auto keep = [&](ByteSpan bytes) {
    stored.insert(stored.end(), bytes.begin(), bytes.end());
    return true;
  };
  // What is larger is none, and was never one: of that, as much as one may have.
  const std::uint64_t size = std::min<std::uint64_t>(location_.descriptor_size, verity::kMaxDescriptorSize);
  (void)read_range(location_.descriptor_offset, size, keep, on_fault);
  const std::size_t fixed = std::min<std::size_t>(stored.size(), verity::kDescriptorSize);
  if (part == VerityPart::kSignature) {
    const auto claimed = ByteView(stored).load<Le32>(kSignatureSizeOffset);
    const ByteSpan rest = ByteSpan(stored).subspan(fixed);
    const bool fits = claimed && *claimed <= rest.size();
    const ByteSpan signature = fits ? rest.first(*claimed) : rest;
    if (signature.empty()) return fail(ErrorKind::kNotFound, "", "has no built-in signature");
    (void)write(signature);
    return {};
  }
  if (descriptor_) {
    stored.resize(fixed);
    const auto size_field = stored.begin() + kSignatureSizeOffset;
    std::fill(size_field, size_field + sizeof(Le32), std::byte{0});
  }
  (void)write(stored);
  return {};
}

Result<void> VerityMetadata::read(VerityPart part, const Write& write, const OnFault& on_fault) const {
  if (part != VerityPart::kMerkleTree) return read_descriptor(part, write, on_fault);
  std::uint64_t size = location_.tree_space;
  if (descriptor_) {
    const auto tree = verity::MerkleTree::make(descriptor_->algorithm, descriptor_->block_size, descriptor_->data_size);
    if (!tree) return fail(tree.error());
    size = tree->size();
  }
  (void)read_range(location_.tree_offset, size, write, on_fault);
  return {};
}

}  // namespace coldread::extract
