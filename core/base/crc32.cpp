#include "core/base/crc32.hpp"

#include <zlib.h>

namespace coldread {

std::uint32_t crc32(std::uint32_t seed, ByteSpan bytes) {
  // zlib's inverts what it starts from and what it returns.
  return ~static_cast<std::uint32_t>(::crc32_z(static_cast<std::uint32_t>(~seed), as_uchars(bytes), bytes.size()));
}

}  // namespace coldread
