#pragma once

#include <cstdint>
#include <string_view>

namespace coldread::read {

/// How the clusters of a compressed file are packed. The decoders are in core/codec.
enum class CompressionAlgorithm : std::uint8_t { kLzo, kLz4, kZstd, kLzoRle };

/// The names that mount options use: lzo, lz4, zstd, lzo-rle.
[[nodiscard]] std::string_view to_string(CompressionAlgorithm algorithm);

/// What a compressed file's map and bytes mean. The file is divided into clusters of `cluster_size` bytes; one of them
/// is compressed where its map holds extents of ExtentKind::kCompressed.
struct Compression {
  CompressionAlgorithm algorithm = CompressionAlgorithm::kLz4;
  std::uint32_t cluster_size = 0;  ///< bytes: a power of two, a multiple of the filesystem's block size
  bool checksummed = false;        ///< each compressed cluster has a checksum of its stored bytes
};

}  // namespace coldread::read
