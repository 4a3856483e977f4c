#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// What a key is derived for: the first byte of HKDF's info after the prefix (fs/crypto/fscrypt_private.h,
/// HKDF_CONTEXT_*).
enum class HkdfContext : std::uint8_t {
  kKeyIdentifier = 1,
  kPerFileKey = 2,
  kDirectKey = 3,
  kIvInoLblk64Key = 4,
  kDirhashKey = 5,
  kIvInoLblk32Key = 6,
  kInodeHashKey = 7,
  kHwWrappedKeyIdentifier = 8,
};

/// HKDF-SHA512 (RFC 5869): `length` bytes from input keying material. An empty salt is the RFC's default, 64 zeros.
/// Errors: kUsage where `length` is more than the 255 * 64 bytes that HKDF can give.
[[nodiscard]] Result<Secret> hkdf_sha512(ByteSpan key, ByteSpan salt, ByteSpan info, std::size_t length);

/// HKDF-SHA512 as fscrypt uses it (fscrypt.rst, "Key derivation function"): no salt, and info is "fscrypt", a NUL byte,
/// the context's byte and `info`.
[[nodiscard]] Result<Secret> fscrypt_hkdf(ByteSpan master_key, HkdfContext context, ByteSpan info, std::size_t length);

}  // namespace coldread::fscrypt
