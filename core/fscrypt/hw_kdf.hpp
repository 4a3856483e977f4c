#pragma once

#include <array>
#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// Sizes in bytes: of the raw key behind a hardware-wrapped one, of its software secret (BLK_CRYPTO_SW_SECRET_SIZE), of
/// its inline encryption key (AES-256-XTS).
constexpr std::size_t kHwKeySize = 32;
constexpr std::size_t kSwSecretSize = 32;
constexpr std::size_t kInlineKeySize = 64;

/// The ways in which hardware is known to derive from a raw key: by what Android calls them, in its property
/// ro.crypto.hw_wrapped_keys.kdf. kLegacy has the same software secret as kV1, and another inline encryption key.
enum class HwKdf : std::uint8_t { kV1, kLegacy, kRearranged };

/// What hardware derives from the raw key behind a hardware-wrapped one (inline-encryption.rst, "Hardware-wrapped
/// keys"): KDF in counter mode (NIST SP 800-108) with AES-256-CMAC, and labels and contexts as Android's kernel tests
/// have them (vts_kernel_encryption_test, utils.cpp; xfstests knows kV1 alone). Errors: kUsage (the raw key's size),
/// kUnsupported (libcrypto has no CMAC).
[[nodiscard]] Result<Secret> derive_sw_secret(ByteSpan raw, HwKdf kdf);
[[nodiscard]] Result<Secret> derive_inline_key(ByteSpan raw, HwKdf kdf);

}  // namespace coldread::fscrypt
