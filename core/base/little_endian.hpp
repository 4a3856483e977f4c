#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace coldread {

/// An unsigned little-endian field of an on-disk structure: a byte array (alignment 1) that converts on load.
template <class T>
class LittleEndian {
 public:
  constexpr LittleEndian() = default;
  constexpr LittleEndian(T value) {  // NOLINT(google-explicit-constructor): tests build on-disk structures with it
    for (auto& byte : bytes_) {
      byte = static_cast<std::uint8_t>(value & 0xff);
      value = static_cast<T>(static_cast<std::uint64_t>(value) >> 8);
    }
  }

  constexpr operator T() const {  // NOLINT(google-explicit-constructor): a field reads as the number that it holds
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = (value << 8) | bytes_[i];
    return static_cast<T>(value);
  }

  /// The number, where a conversion would not be deduced.
  [[nodiscard]] constexpr T get() const { return *this; }

 private:
  std::array<std::uint8_t, sizeof(T)> bytes_{};
};

using Le16 = LittleEndian<std::uint16_t>;
using Le32 = LittleEndian<std::uint32_t>;
using Le64 = LittleEndian<std::uint64_t>;

static_assert(alignof(Le64) == 1 && sizeof(Le16) == 2 && sizeof(Le32) == 4 && sizeof(Le64) == 8);

/// The 64-bit number whose halves an on-disk structure keeps in two 32-bit fields.
[[nodiscard]] constexpr std::uint64_t join(std::uint32_t lo, std::uint32_t hi) {
  return (static_cast<std::uint64_t>(hi) << 32) | lo;
}

}  // namespace coldread
