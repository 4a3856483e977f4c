#pragma once

#include <array>
#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/fscrypt/processor.hpp"

namespace coldread::fscrypt {

/// The hash NH as Adiantum has it (eprint.iacr.org/2018/720, section 6.4): four passes over messages of up to 1024
/// bytes in units of 16. No library of Debian 12 has it.
class Nh {
 public:
  static constexpr std::size_t kMaxMessage = 1024;
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kPasses = 4;
  static constexpr std::size_t kKeySize = kMaxMessage + (kPasses - 1) * kUnit;
  using Hash = std::array<std::byte, 8 * kPasses>;
  using Sums = std::array<std::uint64_t, kPasses>;  ///< of the passes, modulo 2^64

  /// `key` has kKeySize bytes.
  explicit Nh(ByteSpan key, Code code = Code::kFastest);
  Nh(const Nh&) = delete;
  Nh& operator=(const Nh&) = delete;
  ~Nh();

  /// `message` has at most kMaxMessage bytes; where it ends within a unit, zeros fill that.
  [[nodiscard]] Hash hash(ByteSpan message) const;

 private:
  void add(ByteSpan units, std::size_t first, Sums& sums) const;

  std::array<std::uint32_t, kKeySize / 4> key_{};
  bool avx2_;
};

}  // namespace coldread::fscrypt
