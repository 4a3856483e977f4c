#include "fs/ext4/extent_node.hpp"

#include <algorithm>

namespace coldread::ext4 {
namespace {

static_assert(sizeof(RawExtent) == sizeof(RawExtentIndex) && sizeof(RawExtent) == sizeof(RawExtentHeader));

constexpr std::uint64_t entry_offset(std::uint32_t index) {
  return sizeof(RawExtentHeader) + std::uint64_t{index} * sizeof(RawExtent);
}

tl::unexpected<std::string> bad(const char* field, std::uint64_t value) {
  return tl::unexpected<std::string>(std::string(field) + " is " + std::to_string(value));
}

}  // namespace

tl::expected<ExtentNode, std::string> ExtentNode::parse(ByteView bytes, unsigned depth, BlockRange range,
                                                        bool is_root) {
  const auto header = bytes.load<RawExtentHeader>(0);
  if (!header || header->eh_magic != kExtentMagic) return tl::unexpected<std::string>("eh_magic is wrong");
  if (header->eh_depth != depth) return bad("eh_depth", header->eh_depth);
  const std::uint64_t room = (bytes.size() - sizeof(RawExtentHeader)) / sizeof(RawExtent);
  if (header->eh_max == 0 || header->eh_max > room) return bad("eh_max", header->eh_max);
  if (header->eh_entries > header->eh_max) return bad("eh_entries", header->eh_entries);
  if (header->eh_entries == 0 && depth > 0) return bad("eh_entries", 0);

  const ExtentNode node(bytes, header->eh_entries);
  std::string fault = node.order_fault(depth == 0, range, is_root);
  if (!fault.empty()) return tl::unexpected<std::string>(std::move(fault));
  return node;
}

std::string ExtentNode::order_fault(bool is_leaf, BlockRange range, bool is_root) const {
  const auto fault = [&](std::uint32_t index, const char* what) {
    return "entry " + std::to_string(index) + " for file block " + std::to_string(first_block(index)) + what;
  };
  std::uint64_t free_from = range.begin;
  for (std::uint32_t i = 0; i < entries_; ++i) {
    const std::uint64_t block = first_block(i);
    // The kernel holds a node to its parent, so that a hole cannot come of a damaged first entry.
    if (i == 0 && !is_root && block != range.begin) return fault(i, " is not where its parent says");
    if (block < free_from) return fault(i, " is out of order");
    if (block >= range.end) return fault(i, " is past its node's range");
    free_from = block + (is_leaf ? std::max<std::uint64_t>(extent(i).length, 1) : 1);
  }
  return {};
}

LeafExtent ExtentNode::extent(std::uint32_t index) const {
  const auto raw = bytes_.load<RawExtent>(entry_offset(index)).value_or(RawExtent{});
  LeafExtent extent;
  extent.file_block = raw.ee_block;
  extent.unwritten = raw.ee_len > kMaxWrittenLength;
  extent.length = extent.unwritten ? raw.ee_len - kMaxWrittenLength : raw.ee_len.get();
  extent.start = join(raw.ee_start_lo, raw.ee_start_hi);
  return extent;
}

std::uint64_t ExtentNode::first_block(std::uint32_t index) const {
  return bytes_.load<Le32>(entry_offset(index)).value_or(Le32{});
}

std::uint64_t ExtentNode::child(std::uint32_t index) const {
  const auto raw = bytes_.load<RawExtentIndex>(entry_offset(index)).value_or(RawExtentIndex{});
  return join(raw.ei_leaf_lo, raw.ei_leaf_hi);
}

tl::expected<unsigned, std::string> root_depth(ByteView root) {
  const auto header = root.load<RawExtentHeader>(0);
  if (!header || header->eh_magic != kExtentMagic) return tl::unexpected<std::string>("eh_magic is wrong");
  if (header->eh_depth > kMaxExtentDepth) return bad("eh_depth", header->eh_depth);
  return header->eh_depth;
}

}  // namespace coldread::ext4
