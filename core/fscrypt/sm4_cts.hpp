#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/mode_cipher.hpp"

namespace coldread::fscrypt {

/// SM4-CTS: SM4 in CBC mode with ciphertext stealing of the kind CS3 (NIST SP 800-38A, addendum), which libcrypto 3.0
/// lacks, composed from its SM4-ECB. A key of 16 bytes, messages of at least one block.
[[nodiscard]] Result<std::shared_ptr<const ModeCipher>> make_sm4_cts(const Secret& key);

}  // namespace coldread::fscrypt
