#pragma once

#include <array>
#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// SM4 (GB/T 32907-2016) in blocks that do not depend on each other, sixteen at once by AVX2 and AES-NI: libcrypto and
/// Crypto++ take ten times as long. Only where has_avx2_aes(); elsewhere it does nothing.
class Sm4Avx2 {
 public:
  static constexpr std::size_t kAtOnce = 256;  ///< bytes; what is less costs as much
  using RoundKeys = std::array<std::uint32_t, 32>;

  /// `key` has 16 bytes.
  explicit Sm4Avx2(ByteSpan key);
  Sm4Avx2(const Sm4Avx2&) = delete;
  Sm4Avx2& operator=(const Sm4Avx2&) = delete;
  ~Sm4Avx2();

  /// Decrypts whole blocks in place.
  void decrypt(MutableByteSpan blocks) const;

 private:
  RoundKeys round_keys_{};  ///< in the order of decryption
};

}  // namespace coldread::fscrypt
