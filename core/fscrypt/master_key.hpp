#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/hkdf.hpp"

namespace coldread::fscrypt {

/// Sizes of a raw master key, in bytes (include/uapi/linux/fscrypt.h, FSCRYPT_MAX_KEY_SIZE; 16 is the least that any
/// mode takes).
constexpr std::size_t kMinKeySize = 16;
constexpr std::size_t kMaxKeySize = 64;

using KeyIdentifier = std::array<std::byte, 16>;
using KeyDescriptor = std::array<std::byte, 8>;

/// A master key. Immutable, and so safe to use from several threads at once.
class MasterKey {
 public:
  /// Derives the key's identifier and descriptor. Errors: kUsage where `raw` is not 16 to 64 bytes long.
  [[nodiscard]] static Result<MasterKey> make(Secret raw);

  /// What is known of a hardware-wrapped key: its software secret, from which all but the keys of files' contents is
  /// derived (fscrypt.rst, "Hardware-wrapped keys"), and the inline encryption key of these, where that is known too.
  /// Errors: kUsage where the secret has not 32 bytes or the inline key not 64.
  [[nodiscard]] static Result<MasterKey> make_hw_wrapped(Secret sw_secret, std::optional<Secret> inline_key);

  /// The 16 bytes by which policies name this key (fscrypt.rst, "Key derivation function").
  [[nodiscard]] const KeyIdentifier& identifier() const { return identifier_; }

  /// The 8 bytes by which v1 policies name this key where the descriptor was derived from it: those with which
  /// SHA-512(SHA-512(key)) begins, as e4crypt(8) and fscrypt(8) do it (fscrypt.rst, "FS_IOC_ADD_ENCRYPTION_KEY"). The
  /// kernel takes any others as well.
  [[nodiscard]] const KeyDescriptor& descriptor() const { return descriptor_; }

  /// Of a hardware-wrapped key: its identifier as kernels derived it before Linux 6.16 had such keys (Android's do it
  /// as of a raw key). Of others: identifier().
  [[nodiscard]] const KeyIdentifier& old_identifier() const { return old_identifier_; }

  [[nodiscard]] bool is_hw_wrapped() const { return hw_wrapped_; }
  /// The key of files' contents where this one is hardware-wrapped, or null where it is not known.
  [[nodiscard]] const Secret* inline_key() const { return inline_key_ ? &*inline_key_ : nullptr; }

  /// True where the name by which a policy calls its key is derived from this one: an identifier of it or its
  /// descriptor.
  [[nodiscard]] bool is_proven_by(ByteSpan name) const;

  [[nodiscard]] std::size_t size() const { return raw_.size(); }

  /// True where all of its bytes are text in ASCII, which no random key is: its file was hardly meant as raw bytes.
  [[nodiscard]] bool is_text() const;

  /// A key of v2 policies, `length` bytes (fscrypt.rst, "Key derivation function").
  [[nodiscard]] Result<Secret> derive(HkdfContext context, ByteSpan info, std::size_t length) const;

  /// The key of one file, directory or symlink, `length` bytes (fscrypt.rst, "Per-file encryption keys"): derived from
  /// the nonce in its context.
  [[nodiscard]] Result<Secret> derive_per_file_key(ByteSpan nonce, std::size_t length) const;

  /// The same under a v1 policy: the master key's first `length` bytes, a multiple of 16, encrypted by AES-128-ECB with
  /// the nonce. Errors: kLocked where it has fewer.
  [[nodiscard]] Result<Secret> derive_v1(ByteSpan nonce, std::size_t length) const;

  /// The master key's own first bytes: the key of all files under a v1 policy with DIRECT_KEY. Errors: kLocked where it
  /// has fewer.
  [[nodiscard]] Result<Secret> first_bytes(std::size_t length) const;

 private:
  MasterKey(Secret raw, const KeyIdentifier& identifier, const KeyDescriptor& descriptor)
      : raw_(std::move(raw)), identifier_(identifier), old_identifier_(identifier), descriptor_(descriptor) {}

  Secret raw_;  ///< of a hardware-wrapped key: the software secret
  KeyIdentifier identifier_;
  KeyIdentifier old_identifier_;
  KeyDescriptor descriptor_;  ///< all zeros of a hardware-wrapped key: v1 policies have none
  bool hw_wrapped_ = false;
  std::optional<Secret> inline_key_;
};

}  // namespace coldread::fscrypt
