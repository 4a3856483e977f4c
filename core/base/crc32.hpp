#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread {

/// CRC-32 (polynomial 0xEDB88320, reflected) that starts from `seed` and is not inverted at the end, as f2fs uses it:
/// superblocks, checkpoints and compressed clusters start from its magic 0xF2F52010, inodes from a seed of their own.
[[nodiscard]] std::uint32_t crc32(std::uint32_t seed, ByteSpan bytes);

}  // namespace coldread
