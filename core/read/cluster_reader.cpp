#include "core/read/cluster_reader.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"

namespace coldread::read {
namespace {

std::uint64_t end_of(const BlockFault& fault) { return fault.range.offset + fault.range.length; }

/// The first step that failed on any of [begin, end), and there the first block; null where none did.
const BlockFault* first_fault(const std::vector<BlockFault>& faults, std::uint64_t begin, std::uint64_t end) {
  const BlockFault* first = nullptr;
  for (const BlockFault& fault : faults) {
    if (fault.range.offset >= end || end_of(fault) <= begin) continue;
    if (first == nullptr || std::tie(fault.step, fault.range.offset) < std::tie(first->step, first->range.offset)) {
      first = &fault;
    }
  }
  return first;
}

/// Makes `fault` the only one of its range.
void put_in_place(std::vector<BlockFault>& faults, BlockFault fault) {
  const std::uint64_t begin = fault.range.offset;
  const std::uint64_t end = end_of(fault);
  std::vector<BlockFault> kept;
  for (BlockFault& other : faults) {
    const std::uint64_t other_end = end_of(other);
    if (other.range.offset < begin) {
      const std::uint64_t stop = std::min(other_end, begin);
      kept.push_back({{other.range.offset, stop - other.range.offset}, other.step, other.reason});
    }
    if (other_end > end) {
      const std::uint64_t from = std::max(other.range.offset, end);
      kept.push_back({{from, other_end - from}, other.step, std::move(other.reason)});
    }
  }
  kept.push_back(std::move(fault));
  faults = std::move(kept);
}

void zero(MutableByteSpan bytes) { std::fill(bytes.begin(), bytes.end(), std::byte{0}); }

/// Adds the part of `extent` in [begin, end), joined with the one before where it goes on.
void add_part(std::vector<Extent>& extents, const Extent& extent, std::uint64_t begin, std::uint64_t end) {
  begin = std::max(begin, extent.file_offset);
  end = std::min(end, extent.file_end());
  if (begin >= end) return;
  const bool placed = has_source(extent.kind);
  const std::uint64_t source = placed ? extent.source_offset + (begin - extent.file_offset) : 0;
  if (!extents.empty()) {
    Extent& last = extents.back();
    const bool goes_on = !placed || last.source_offset + last.length == source;
    if (last.kind == extent.kind && extent.kind != ExtentKind::kCompressed && last.file_end() == begin && goes_on) {
      last.length += end - begin;
      return;
    }
  }
  extents.push_back({begin, end - begin, extent.kind, source});
}

}  // namespace

/// What the map says of one cluster.
struct ClusterReader::Slots {
  bool compressed = false;          ///< some slot holds compressed bytes
  bool plain = false;               ///< some slot holds plain content
  bool plain_first = false;         ///< slot 0 does
  bool in_order = true;             ///< the compressed bytes are in slots from 1 on, without a gap
  std::uint64_t end = 0;            ///< of the last slot with compressed bytes, in the file
  std::uint64_t source_offset = 0;  ///< of the first of them
};

ClusterReader::ClusterReader(std::unique_ptr<const Reader> inner, const Compression& compression,
                             std::unique_ptr<const ClusterDecoder> decoder, std::uint64_t size,
                             std::uint32_t block_size)
    : inner_(std::move(inner)),
      decoder_(std::move(decoder)),
      size_(size),
      cluster_size_(compression.cluster_size),
      block_size_(block_size),
      unit_(std::max(compression.cluster_size, inner_->unit())) {}

std::uint64_t ClusterReader::hole_end(std::uint64_t offset) const {
  // A compressed cluster has holes in it that are none of the content: only whole clusters tell.
  if (offset % cluster_size_ != 0) return offset;
  return std::max(offset, round_down(inner_->hole_end(offset), cluster_size_));
}

void ClusterReader::fill(Window& window) const {
  inner_->fill(window);
  std::vector<Extent> extents;
  extents.reserve(window.extents.size());
  std::size_t first = 0;
  for (std::uint64_t cluster = window.offset; cluster < window.end(); cluster += cluster_size_) {
    const std::uint64_t end = cluster + cluster_size_;
    while (first < window.extents.size() && window.extents[first].file_end() <= cluster) ++first;
    const Slots slots = survey(window, first, cluster);
    if (slots.compressed) {
      decode(window, cluster, slots);
      extents.push_back({cluster, cluster_size_, ExtentKind::kCompressed, slots.source_offset});
      continue;
    }
    if (!slots.plain_first) fail_where_unmapped(window, cluster);
    for (std::size_t i = first; i < window.extents.size() && window.extents[i].file_offset < end; ++i) {
      add_part(extents, window.extents[i], cluster, end);
    }
  }
  window.extents = std::move(extents);
  end_at_size(window);
}

ClusterReader::Slots ClusterReader::survey(const Window& window, std::size_t first, std::uint64_t cluster) const {
  Slots slots;
  slots.end = cluster + block_size_;
  const std::uint64_t end = cluster + cluster_size_;
  for (std::size_t i = first; i < window.extents.size() && window.extents[i].file_offset < end; ++i) {
    const Extent& extent = window.extents[i];
    const std::uint64_t begin = std::max(extent.file_offset, cluster);
    if (extent.kind == ExtentKind::kCompressed) {
      if (begin != slots.end) slots.in_order = false;
      if (!slots.compressed) slots.source_offset = extent.source_offset + (begin - extent.file_offset);
      slots.compressed = true;
      slots.end = std::min(extent.file_end(), end);
    } else if (has_source(extent.kind)) {
      slots.plain = true;
      if (begin == cluster) slots.plain_first = true;
    }
  }
  return slots;
}

void ClusterReader::decode(Window& window, std::uint64_t cluster, const Slots& slots) const {
  const std::uint64_t end = cluster + cluster_size_;
  const MutableByteSpan out = window.at(cluster, cluster_size_);
  const auto fault = [&](StepKind step, std::string reason) {
    put_in_place(window.faults, {{cluster, cluster_size_}, step, std::move(reason)});
  };
  if (const BlockFault* earlier = first_fault(window.faults, cluster, end)) {
    zero(out);
    fault(earlier->step, earlier->reason);
    return;
  }
  if (!slots.in_order || slots.plain) {
    zero(out);
    fault(StepKind::kDecompress, "its compressed blocks are not in the cluster's slots from 1 on");
    return;
  }
  const MutableByteSpan packed = window.at(cluster + block_size_, slots.end - cluster - block_size_);
  if (window.scratch.size() < packed.size()) window.scratch.resize(packed.size());
  std::copy(packed.begin(), packed.end(), window.scratch.begin());
  Decoded decoded = decoder_->decode(ByteSpan(window.scratch).first(packed.size()), out);
  if (!decoded.whole) zero(out);
  if (!decoded.problem.empty()) fault(StepKind::kDecompress, std::move(decoded.problem));
}

void ClusterReader::fail_where_unmapped(Window& window, std::uint64_t cluster) const {
  const BlockFault* fault = first_fault(window.faults, cluster, cluster + cluster_size_);
  if (fault == nullptr || fault->step != StepKind::kMap) return;
  zero(window.at(cluster, cluster_size_));
  put_in_place(window.faults, {{cluster, cluster_size_}, StepKind::kMap, fault->reason});
}

// What a cluster has past the last block of the file is not content, and neither are its faults.
void ClusterReader::end_at_size(Window& window) const {
  const std::uint64_t end = std::max(round_up(size_, block_size_), window.offset);
  if (end >= window.end()) return;
  zero(window.at(end, window.end() - end));
  while (!window.extents.empty() && window.extents.back().file_offset >= end) window.extents.pop_back();
  if (!window.extents.empty()) window.extents.back().length = end - window.extents.back().file_offset;
  window.extents.push_back({end, window.end() - end, ExtentKind::kHole, 0});
  std::erase_if(window.faults, [&](const BlockFault& fault) { return fault.range.offset >= end; });
  for (BlockFault& fault : window.faults) {
    fault.range.length = std::min(end_of(fault), end) - fault.range.offset;
  }
}

}  // namespace coldread::read
