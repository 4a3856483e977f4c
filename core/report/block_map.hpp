#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldread::report {

/// What blocks of a file are stored as, by the words of the report's `runs`; kUntold where that is not known.
enum class BlockKind : std::uint8_t { kUntold, kHole, kUnwritten, kInline, kStored, kCompressed };

/// The kind by its word; kUntold for any other.
[[nodiscard]] BlockKind block_kind(std::string_view word);
[[nodiscard]] std::string_view to_string(BlockKind kind);

/// What is known of a range of a file. Ranges may overlap: what they say of a block adds up, so that a report's `runs`
/// can be added first and its `pages.bad` (of kind kUntold) after them.
struct BlockRange {
  std::uint64_t offset = 0;  ///< in the file, bytes
  std::uint64_t length = 0;
  BlockKind kind = BlockKind::kUntold;
  bool encrypted = false;
  bool verified = false;  ///< by fs-verity
  bool failed = false;
  bool refused = false;     ///< proven, but a kernel refuses it
  std::string reason = {};  ///< of what failed or is refused, for people: "verity: does not match the Merkle tree"
  std::optional<std::uint64_t> image_offset = {};  ///< of the range's first byte, where it lies together in the image
  std::string place = {};                          ///< where it lies, in words, where image_offset cannot tell
};

/// What a map shows as one: a block, or as many of them as keep the map small.
struct BlockCell {
  BlockKind kind = BlockKind::kUntold;        ///< the last of the enumeration that any of its blocks is of
  bool encrypted = false;                     ///< any of it
  bool verified = false;                      ///< all of it that anything was said of
  bool failed = false;                        ///< any of it
  bool refused = false;                       ///< any of it
  std::string reason;                         ///< of its first failed part, or else of its first refused one
  std::uint64_t fault_offset = 0;             ///< where that begins, in the file
  std::optional<std::uint64_t> image_offset;  ///< of its first byte; of a single block alone
  std::string place;                          ///< of a single block alone

  friend bool operator==(const BlockCell&, const BlockCell&) = default;
};

/// A file as a map of its blocks, for people. Its memory and its drawing are bounded, whatever the file's size.
class BlockMap {
 public:
  static constexpr std::uint64_t kMostCells = 16384;

  /// `size` is EOF, sizes are bytes and powers of two.
  BlockMap(std::uint64_t size, std::uint32_t block_size, std::uint32_t page_size,
           std::uint64_t most_cells = kMostCells);

  /// Ranges past the last block count for nothing.
  void add(const BlockRange& range);

  [[nodiscard]] const std::vector<BlockCell>& cells() const { return cells_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint32_t block_size() const { return block_size_; }
  [[nodiscard]] std::uint32_t page_size() const { return page_size_; }
  /// A power of two.
  [[nodiscard]] std::uint64_t blocks_per_cell() const { return blocks_per_cell_; }
  [[nodiscard]] std::uint64_t cell_size() const { return blocks_per_cell_ * block_size_; }

 private:
  void add(BlockCell& cell, std::uint64_t begin, const BlockRange& range) const;

  std::uint64_t size_;
  std::uint32_t block_size_;
  std::uint32_t page_size_;
  std::uint64_t blocks_per_cell_ = 1;
  std::vector<BlockCell> cells_;
  std::vector<bool> told_;  ///< of each cell: something was said of whether it is verified
};

constexpr std::uint32_t kMapWidth = 960;

/// The map as one <svg> element, which may stand in a file of its own or in HTML: no ids, no style sheet, no script,
/// nothing loaded. Each cell has a tooltip, and a kind is told by shape as well as by colour. `width` is in pixels; a
/// map that needs more takes more. `title` are lines above it, in any bytes.
[[nodiscard]] std::string to_svg(const BlockMap& map, std::uint32_t width = kMapWidth,
                                 const std::vector<std::string>& title = {});

/// The same from all ranges at once.
[[nodiscard]] std::string block_map_svg(const std::vector<BlockRange>& ranges, std::uint64_t size,
                                        std::uint32_t block_size, std::uint32_t page_size,
                                        std::uint32_t width = kMapWidth, const std::vector<std::string>& title = {});

}  // namespace coldread::report
