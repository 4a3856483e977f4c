#pragma once

#include <string>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// The most bytes that a salt of e4crypt(8) and f2fscrypt(8) has.
constexpr std::size_t kMaxSaltSize = 256;

/// The bytes of a salt as `e4crypt add_key -S` takes it: "s:TEXT" (up to 255 bytes), "0xHEX" (lower case, up to 256
/// bytes) or a UUID. Those that name a mounted filesystem ("f:PATH", "/PATH") are refused: an image's filesystems keep
/// their salts themselves. Errors: kUsage.
[[nodiscard]] Result<Bytes> parse_salt(const std::string& text);

/// The master key, 64 bytes, that `e4crypt add_key` and `f2fscrypt add_key` make of a passphrase and a salt of up to
/// 256 bytes. It is what they call PBKDF2 and is none: 65535 SHA-512 hashes, each of the one before it and the
/// passphrase, the first of the salt (padded with zeros to 256 bytes) and the passphrase, all combined by exclusive or.
/// Of a passphrase, the first 1023 bytes up to a NUL count. Errors: kUsage (the salt's size), kUnsupported.
[[nodiscard]] Result<Secret> e4crypt_key(const Secret& passphrase, ByteSpan salt);

}  // namespace coldread::fscrypt
