#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "core/base/byte_view.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

/// Blocks of a file are counted in 32 bits.
constexpr std::uint64_t kMaxFileBlocks = std::uint64_t{1} << 32;
/// The kernel's EXT4_MAX_EXTENT_DEPTH: 4 levels of 1 KiB nodes cover any file.
constexpr unsigned kMaxExtentDepth = 5;
/// ee_len up to here is a written extent of so many blocks, 32768 with it; above it, an unwritten one of ee_len - 32768
/// (Documentation/filesystems/ext4/ifork.rst, "Extent Tree").
constexpr std::uint32_t kMaxWrittenLength = 0x8000;

/// A range of file blocks, [begin, end).
struct BlockRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// A leaf's entry.
struct LeafExtent {
  std::uint64_t file_block = 0;
  std::uint64_t length = 0;  ///< blocks; 0 where ee_len is 0, which no extent may have
  std::uint64_t start = 0;   ///< block of the filesystem
  bool unwritten = false;
};

/// One node of an extent tree whose header and order have been checked.
class ExtentNode {
 public:
  /// Checks the node: eh_magic, eh_depth (`depth`, the parent's less one), eh_entries and eh_max against the node's
  /// size, and that its entries rise, lie in `range` and do not overlap. The first entry of a node below the root
  /// begins where its parent says. Returns the reason, as part of a sentence, where something is wrong. `bytes` must
  /// outlive the node.
  [[nodiscard]] static tl::expected<ExtentNode, std::string> parse(ByteView bytes, unsigned depth, BlockRange range,
                                                                   bool is_root);

  [[nodiscard]] std::uint32_t entries() const { return entries_; }
  /// A leaf's entry; `index` is below entries().
  [[nodiscard]] LeafExtent extent(std::uint32_t index) const;
  /// The first file block that an entry of either kind speaks of.
  [[nodiscard]] std::uint64_t first_block(std::uint32_t index) const;
  /// The block of the filesystem that holds the child of an index's entry.
  [[nodiscard]] std::uint64_t child(std::uint32_t index) const;

 private:
  ExtentNode(ByteView bytes, std::uint32_t entries) : bytes_(bytes), entries_(entries) {}
  [[nodiscard]] std::string order_fault(bool is_leaf, BlockRange range, bool is_root) const;

  ByteView bytes_;
  std::uint32_t entries_;
};

/// eh_depth of a root, or the reason why it is none.
[[nodiscard]] tl::expected<unsigned, std::string> root_depth(ByteView root);

}  // namespace coldread::ext4
