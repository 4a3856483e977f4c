#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::ext4 {

/// The checksum of metadata (Documentation/filesystems/ext4/checksums.rst): CRC-32C (Castagnoli, reflected) carried on
/// from `seed` and, other than in RFC 3720, neither inverted before nor after. The first seed of a chain is ~0.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t seed, ByteSpan bytes);

}  // namespace coldread::ext4
