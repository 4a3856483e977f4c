#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// A block of AES, SM4, Poly1305 and POLYVAL.
using Block = std::array<std::byte, 16>;
static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);

/// A block as 128 bits, the first byte lowest.
struct Number {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// The number itself, or on big-endian machines its bytes reversed.
[[nodiscard]] constexpr std::uint64_t little_endian(std::uint64_t number) {
  return std::endian::native == std::endian::little ? number : __builtin_bswap64(number);
}

[[nodiscard]] inline Block block_of(Number number) {
  return std::bit_cast<Block>(std::array{little_endian(number.low), little_endian(number.high)});
}

/// The number that `bytes` begin with; zero where they are less than a block.
[[nodiscard]] inline Number number_of(ByteSpan bytes) {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(ByteView(bytes).load<Block>(0).value_or(Block{}));
  return {little_endian(halves[0]), little_endian(halves[1])};
}

[[nodiscard]] constexpr Number operator^(Number a, Number b) { return {a.low ^ b.low, a.high ^ b.high}; }

/// out ^= in, of which there are as many bytes at least.
inline void xor_into(MutableByteSpan out, ByteSpan in) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= in[i];
}

}  // namespace coldread::fscrypt
