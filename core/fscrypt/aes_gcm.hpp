#pragma once

#include <cstddef>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// Sizes in bytes of what vold seals by AES-256-GCM (NIST SP 800-38D): nonce, ciphertext, tag, in this order
/// (system/vold/KeyStorage.cpp, GCM_NONCE_BYTES, GCM_MAC_BYTES).
constexpr std::size_t kGcmKeySize = 32;
constexpr std::size_t kGcmNonceSize = 12;
constexpr std::size_t kGcmTagSize = 16;

/// What was sealed with that key of kGcmKeySize bytes, without additional data: proven by the tag. Errors: kCorrupt
/// (it is too short), kLocked (the tag differs: another key, or a byte of it was altered), kUnsupported (libcrypto).
[[nodiscard]] Result<Secret> open_aes_256_gcm(ByteSpan key, ByteSpan sealed);

}  // namespace coldread::fscrypt
