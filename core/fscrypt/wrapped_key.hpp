#pragma once

#include <optional>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/fscrypt_metadata.hpp"

namespace coldread::fscrypt {

/// The size of keys that wrap others: a protector's, a hashed passphrase, the raw key of a protector.
constexpr std::size_t kWrappingKeySize = 32;

/// The key that `wrapping` (32 bytes) wraps, as fscrypt(8) does it: HKDF-SHA256 without salt and info gives a key for
/// AES-256-CTR and one for HMAC-SHA256 over IV and ciphertext. Nothing where the HMAC is another: `wrapping` is not the
/// key, or what is stored is damaged. Errors: kUsage (the size of `wrapping`), kCorrupt (the IV's or HMAC's).
[[nodiscard]] Result<std::optional<Secret>> unwrap(ByteSpan wrapping, const WrappedKey& wrapped);

}  // namespace coldread::fscrypt
