#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/fscrypt_metadata.hpp"

namespace coldread::fscrypt {

/// The most memory that one passphrase is hashed with, in KiB: 1 GiB, eight times what fscrypt(8) chooses at most.
constexpr std::uint64_t kMaxArgon2Memory = std::uint64_t{1} << 20;

/// The most memory times passes, in KiB: 256 GiB, some minutes of one core. fscrypt(8) chooses what takes a second.
constexpr std::uint64_t kMaxArgon2Work = std::uint64_t{256} << 20;

/// Argon2id (RFC 9106, version 0x13) of a passphrase: `length` bytes. What is hashed does not depend on how many
/// threads do it. Errors: kUnsupported (more work or memory than the limits above; the machine has not that much),
/// kCorrupt (costs or a salt that Argon2 does not have).
[[nodiscard]] Result<Secret> argon2id(const Secret& passphrase, ByteSpan salt, const HashingCosts& costs,
                                      std::size_t length);

}  // namespace coldread::fscrypt
