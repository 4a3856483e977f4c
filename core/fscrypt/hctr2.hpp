#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/mode_cipher.hpp"

namespace coldread::fscrypt {

/// AES-256-HCTR2 (eprint.iacr.org/2021/1441) with tweaks of 32 bytes. A key of 32 bytes, messages of at least 16 bytes.
[[nodiscard]] Result<std::shared_ptr<const ModeCipher>> make_hctr2(const Secret& key);

}  // namespace coldread::fscrypt
