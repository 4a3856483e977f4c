#pragma once

#include <memory>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/mode_cipher.hpp"
#include "core/fscrypt/processor.hpp"

namespace coldread::fscrypt {

/// SM4-XTS: IEEE 1619 with SM4 (GB/T 32907-2016) for AES, which libcrypto 3.0 lacks, composed from its SM4-ECB or
/// from Sm4Avx2. A key of 32 bytes: the one for data, then the one for the tweak. Messages of whole blocks.
[[nodiscard]] Result<std::shared_ptr<const ModeCipher>> make_sm4_xts(const Secret& key, Code code = Code::kFastest);

}  // namespace coldread::fscrypt
