#pragma once

#include <cstdint>
#include <optional>

namespace coldread {

/// a + b, or nothing where it does not fit in 64 bits.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// a * b, or nothing where it does not fit in 64 bits.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// a << bits, or nothing where a bit would be lost or `bits` is 64 or more.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_shl(std::uint64_t a, unsigned bits) {
  if (bits >= 64 || (bits != 0 && (a >> (64 - bits)) != 0)) return std::nullopt;
  return a << bits;
}

/// `value` rounded down to a multiple of `unit` (a power of two).
[[nodiscard]] constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) {
  return value & ~(unit - 1);
}

/// `value` rounded up to a multiple of `unit` (a power of two), or nothing where it does not fit in 64 bits.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_round_up(std::uint64_t value, std::uint64_t unit) {
  const auto sum = checked_add(value, unit - 1);
  if (!sum) return std::nullopt;
  return round_down(*sum, unit);
}

/// As checked_round_up, saturating: the largest multiple of `unit` where the next one does not fit.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return checked_round_up(value, unit).value_or(round_down(~std::uint64_t{0}, unit));
}

[[nodiscard]] constexpr bool is_power_of_two(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

}  // namespace coldread
