#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// How the kernel shows a name without its key (fscrypt.rst, "Without the key"; struct fscrypt_nokey_name in
/// fs/crypto/fname.c): base64url, without padding, of the directory hash, and of the ciphertext where it has at most
/// 149 bytes, else of its first 149 bytes and the SHA-256 of the others. `hash` is zeros for a symlink's target.
[[nodiscard]] std::string no_key_name(std::array<std::uint32_t, 2> hash, ByteView ciphertext);

}  // namespace coldread::fscrypt
