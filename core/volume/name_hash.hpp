#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::volume {

/// The parts of which ext4 and f2fs make the hashes of names in directories
/// (Documentation/filesystems/ext4/directory.rst, "Directory Hash").

using HashState = std::array<std::uint32_t, 4>;

/// MD4's initial state (RFC 1320, section 3.3).
constexpr HashState kDefaultHashSeed = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

/// A byte of a name as the signed or unsigned number that the hash takes it for, modulo 2^32.
[[nodiscard]] constexpr std::uint32_t hash_number(std::byte byte, bool unsigned_bytes) {
  const auto value = std::to_integer<std::uint32_t>(byte);
  return !unsigned_bytes && value >= 0x80 ? value - 0x100 : value;
}

/// The next part of a name as big-endian words. Missing bytes are filled with the low byte of `length`, the whole rest
/// of the name's.
template <std::size_t kWords>
[[nodiscard]] std::array<std::uint32_t, kWords> hash_words(ByteSpan name, bool unsigned_bytes) {
  const auto length = static_cast<std::uint32_t>(name.size());
  const std::uint32_t pad = (length | length << 8) | (length | length << 8) << 16;
  std::array<std::uint32_t, kWords> words;
  words.fill(pad);
  const std::size_t used = std::min(name.size(), kWords * 4);
  for (std::size_t i = 0; i < used; ++i) words[i / 4] = (words[i / 4] << 8) + hash_number(name[i], unsigned_bytes);
  return words;
}

/// Runs `transform(state, words)` over a name in parts of kWords words.
template <std::size_t kWords, class Transform>
[[nodiscard]] HashState run_hash(ByteSpan name, bool unsigned_bytes, HashState state, Transform transform) {
  for (; !name.empty(); name = name.subspan(std::min(name.size(), kWords * 4))) {
    transform(state, hash_words<kWords>(name, unsigned_bytes));
  }
  return state;
}

/// The Tiny Encryption Algorithm (Wheeler and Needham, 1994) in 16 cycles, the name being its key.
void tea(HashState& state, const std::array<std::uint32_t, 4>& key);

}  // namespace coldread::volume
