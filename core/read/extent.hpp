#pragma once

#include <cstdint>
#include <string_view>

namespace coldread::read {

/// How a range of a file lies on the medium.
enum class ExtentKind : std::uint8_t {
  kStored,     ///< its bytes are at source_offset
  kHole,       ///< nothing is mapped: zeros, never decrypted
  kUnwritten,  ///< blocks are reserved and hold no data yet: zeros, never decrypted
  kInline,     ///< its bytes lie inside a metadata structure at source_offset, aligned to nothing
  /// A cluster's compressed bytes. Of a compressed file whose map was not decoded yet, the extent is in the place of
  /// the blocks that hold them (the data unit they are encrypted as), and the rest of its cluster is holes; once a
  /// cluster is decompressed, it is one such extent.
  kCompressed,
};

[[nodiscard]] std::string_view to_string(ExtentKind kind);

/// True where an extent of that kind has bytes at its source_offset.
[[nodiscard]] constexpr bool has_source(ExtentKind kind) {
  return kind != ExtentKind::kHole && kind != ExtentKind::kUnwritten;
}

/// A run of a file of one kind. Everything is in bytes.
struct Extent {
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  ExtentKind kind = ExtentKind::kHole;
  std::uint64_t source_offset = 0;  ///< from the start of the filesystem's source; 0 for holes and unwritten extents

  [[nodiscard]] std::uint64_t file_end() const { return file_offset + length; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

}  // namespace coldread::read
