#include "fs/f2fs/crc32.hpp"

#include <zlib.h>

namespace coldread::f2fs {

std::uint32_t crc32(std::uint32_t seed, ByteSpan bytes) {
  // zlib's inverts what it starts from and what it returns.
  return ~static_cast<std::uint32_t>(::crc32_z(static_cast<std::uint32_t>(~seed), as_uchars(bytes), bytes.size()));
}

}  // namespace coldread::f2fs
