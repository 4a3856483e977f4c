#include <lz4.h>

#include <limits>

#include "core/codec/unpack.hpp"

namespace coldread::codec {

read::Decoded unpack_lz4(ByteView packed, MutableByteSpan out) {
  constexpr std::size_t kMax = std::numeric_limits<int>::max();
  if (packed.size() > kMax || out.size() > kMax) return malformed();
  auto* const to = static_cast<char*>(static_cast<void*>(out.data()));
  const int got = LZ4_decompress_safe(as_chars(packed.span()).data(), to, static_cast<int>(packed.size()),
                                      static_cast<int>(out.size()));
  if (got < 0) return malformed();
  if (static_cast<std::size_t>(got) != out.size()) return too_short(static_cast<std::size_t>(got), out.size());
  return {true, ""};
}

}  // namespace coldread::codec
