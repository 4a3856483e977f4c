#pragma once

#include <array>
#include <cstddef>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// XChaCha12 (draft-irtf-cfrg-xchacha with 12 rounds for 20): adds the key stream, from its start, to `message`. `key`
/// has 32 bytes. False where Crypto++ refuses.
[[nodiscard]] bool xchacha12(ByteSpan key, const std::array<std::byte, 24>& nonce, MutableByteSpan message);

}  // namespace coldread::fscrypt
