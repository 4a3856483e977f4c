#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// Sizes of a raw master key, in bytes (include/uapi/linux/fscrypt.h, FSCRYPT_MAX_KEY_SIZE; 16 is the least that any
/// mode takes).
constexpr std::size_t kMinKeySize = 16;
constexpr std::size_t kMaxKeySize = 64;

using KeyIdentifier = std::array<std::byte, 16>;

/// A master key of v2 policies. Immutable, and so safe to use from several threads at once.
class MasterKey {
 public:
  /// Derives the key's identifier. Errors: kUsage where `raw` is not 16 to 64 bytes long.
  [[nodiscard]] static Result<MasterKey> make(Secret raw);

  /// The 16 bytes by which policies name this key (fscrypt.rst, "Key derivation function").
  [[nodiscard]] const KeyIdentifier& identifier() const { return identifier_; }

  /// The key of one file, directory or symlink, `length` bytes (fscrypt.rst, "Per-file encryption keys"): derived from
  /// the nonce in its context.
  [[nodiscard]] Result<Secret> derive_per_file_key(ByteSpan nonce, std::size_t length) const;

 private:
  MasterKey(Secret raw, const KeyIdentifier& identifier) : raw_(std::move(raw)), identifier_(identifier) {}

  Secret raw_;
  KeyIdentifier identifier_;
};

}  // namespace coldread::fscrypt
