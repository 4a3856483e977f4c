#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace coldread::fscrypt {

/// Encryption modes by the kernel's numbers (include/uapi/linux/fscrypt.h, FSCRYPT_MODE_*).
enum class Mode : std::uint8_t {
  kAes256Xts = 1,
  kAes256Cts = 4,
  kAes128CbcEssiv = 5,
  kAes128Cts = 6,
  kSm4Xts = 7,
  kSm4Cts = 8,
  kAdiantum = 9,
  kAes256Hctr2 = 10,
};

/// What a mode asks of keys and IVs, in bytes (fs/crypto/keysetup.c, fscrypt_modes). All zeros for an unknown mode.
struct ModeSizes {
  std::size_t key = 0;       ///< the key that it is used with
  std::size_t strength = 0;  ///< the least master key from which a key for it is derived by HKDF
  std::size_t iv = 0;
};
[[nodiscard]] ModeSizes mode_sizes(std::uint8_t mode);

/// A mode's name as the kernel's documentation writes it ("AES-256-XTS", "AES-128-CBC-ESSIV"); "mode 42" for others.
[[nodiscard]] std::string mode_name(std::uint8_t mode);

}  // namespace coldread::fscrypt
