#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::f2fs {

/// f2fs's checksum: CRC-32 (polynomial 0xEDB88320, reflected) that starts from `seed` and is not inverted at the end.
/// Superblocks, checkpoints and orphan blocks start from their magic kSuperMagic, inodes from a seed of their own.
[[nodiscard]] std::uint32_t crc32(std::uint32_t seed, ByteSpan bytes);

}  // namespace coldread::f2fs
