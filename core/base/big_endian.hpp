#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace coldread {

/// An unsigned big-endian field of an on-disk structure: a byte array (alignment 1) that converts on load.
template <class T>
class BigEndian {
 public:
  constexpr BigEndian() = default;
  constexpr BigEndian(T value) {  // NOLINT(google-explicit-constructor): tests build on-disk structures with it
    for (std::size_t i = sizeof(T); i-- > 0;) {
      bytes_[i] = static_cast<std::uint8_t>(value & 0xff);
      value = static_cast<T>(static_cast<std::uint64_t>(value) >> 8);
    }
  }

  constexpr operator T() const {  // NOLINT(google-explicit-constructor): a field reads as the number that it holds
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes_) value = (value << 8) | byte;
    return static_cast<T>(value);
  }

  /// The number, where a conversion would not be deduced.
  [[nodiscard]] constexpr T get() const { return *this; }

 private:
  std::array<std::uint8_t, sizeof(T)> bytes_{};
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;
using Be64 = BigEndian<std::uint64_t>;

static_assert(alignof(Be64) == 1 && sizeof(Be16) == 2 && sizeof(Be32) == 4 && sizeof(Be64) == 8);

}  // namespace coldread
