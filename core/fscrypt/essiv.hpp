#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/mode_cipher.hpp"

namespace coldread::fscrypt {

/// AES-128-CBC-ESSIV: AES in CBC mode, whose IV is the given one encrypted by AES-256 with the SHA-256 of the key
/// (fscrypt.rst, "Encryption modes and usage"; dm-crypt's "essiv:sha256"). A key of 16 bytes, messages of whole blocks.
[[nodiscard]] Result<std::shared_ptr<const ModeCipher>> make_essiv(const Secret& key);

}  // namespace coldread::fscrypt
