#include "core/codec/unpack.hpp"

#include <string>

namespace coldread::codec {

Unpack unpack_of(read::CompressionAlgorithm algorithm) {
  switch (algorithm) {
    case read::CompressionAlgorithm::kLzo:
    case read::CompressionAlgorithm::kLzoRle: return unpack_lzo;
    case read::CompressionAlgorithm::kLz4: return unpack_lz4;
    case read::CompressionAlgorithm::kZstd: return unpack_zstd;
  }
  return unpack_lz4;
}

read::Decoded malformed() { return {false, "the compressed data is malformed"}; }

read::Decoded cut_short() { return {false, "the compressed data is cut short"}; }

read::Decoded too_short(std::size_t got, std::size_t wanted) {
  return {false,
          "the compressed data gives " + std::to_string(got) + " bytes of a cluster of " + std::to_string(wanted)};
}

read::Decoded too_long(std::size_t wanted) {
  return {false, "the compressed data gives more than a cluster of " + std::to_string(wanted) + " bytes"};
}

}  // namespace coldread::codec
