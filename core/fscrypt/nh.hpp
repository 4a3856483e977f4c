#pragma once

#include <array>
#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// The hash NH as Adiantum has it (eprint.iacr.org/2018/720, section 6.4): four passes over messages of up to 1024
/// bytes in units of 16. No library of Debian 12 has it.
class Nh {
 public:
  static constexpr std::size_t kMaxMessage = 1024;
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kKeySize = kMaxMessage + 3 * kUnit;
  using Hash = std::array<std::byte, 32>;

  /// `key` has kKeySize bytes.
  explicit Nh(ByteSpan key);
  Nh(const Nh&) = delete;
  Nh& operator=(const Nh&) = delete;
  ~Nh();

  /// `message` has at most kMaxMessage bytes; where it ends within a unit, zeros fill that.
  [[nodiscard]] Hash hash(ByteSpan message) const;

 private:
  std::array<std::uint32_t, kKeySize / 4> key_{};
};

}  // namespace coldread::fscrypt
