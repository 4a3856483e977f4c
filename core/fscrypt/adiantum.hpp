#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/mode_cipher.hpp"

namespace coldread::fscrypt {

/// Adiantum (eprint.iacr.org/2018/720) with XChaCha12, AES-256, NH and Poly1305, and tweaks of 32 bytes. A key of 32
/// bytes, messages of at least 16 bytes.
[[nodiscard]] Result<std::shared_ptr<const ModeCipher>> make_adiantum(const Secret& key);

}  // namespace coldread::fscrypt
