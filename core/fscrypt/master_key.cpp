#include "core/fscrypt/master_key.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/hkdf.hpp"
#include "core/fscrypt/hw_kdf.hpp"

namespace coldread::fscrypt {
namespace {

Result<KeyDescriptor> derive_descriptor(ByteSpan raw) {
  Secret digest(64);
  for (ByteSpan message = raw; const int round : {1, 2}) {
    static_cast<void>(round);
    if (EVP_Q_digest(nullptr, "SHA512", nullptr, message.data(), message.size(), as_uchars(digest.writable()),
                     nullptr) != 1) {
      return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine has no SHA-512");
    }
    message = digest.view();
  }
  KeyDescriptor descriptor{};
  std::copy_n(digest.view().begin(), descriptor.size(), descriptor.begin());
  return descriptor;
}

Result<KeyIdentifier> derive_identifier(ByteSpan raw, HkdfContext context) {
  KeyIdentifier identifier{};
  const auto derived = fscrypt_hkdf(raw, context, {}, identifier.size());
  if (!derived) return fail(derived.error());
  std::copy_n(derived->view().begin(), identifier.size(), identifier.begin());
  return identifier;
}

}  // namespace

Result<MasterKey> MasterKey::make(Secret raw) {
  if (raw.size() < kMinKeySize || raw.size() > kMaxKeySize) {
    return fail(ErrorKind::kUsage, "", "a key has 16 to 64 bytes, not " + std::to_string(raw.size()));
  }
  const auto identifier = derive_identifier(raw.view(), HkdfContext::kKeyIdentifier);
  if (!identifier) return fail(identifier.error());
  const auto descriptor = derive_descriptor(raw.view());
  if (!descriptor) return fail(descriptor.error());
  return MasterKey(std::move(raw), *identifier, *descriptor);
}

Result<MasterKey> MasterKey::make_hw_wrapped(Secret sw_secret, std::optional<Secret> inline_key) {
  if (sw_secret.size() != kSwSecretSize) {
    return fail(ErrorKind::kUsage, "", "a software secret has 32 bytes, not " + std::to_string(sw_secret.size()));
  }
  if (inline_key && inline_key->size() != kInlineKeySize) {
    return fail(ErrorKind::kUsage, "", "an inline key has 64 bytes, not " + std::to_string(inline_key->size()));
  }
  const auto identifier = derive_identifier(sw_secret.view(), HkdfContext::kHwWrappedKeyIdentifier);
  if (!identifier) return fail(identifier.error());
  const auto old_identifier = derive_identifier(sw_secret.view(), HkdfContext::kKeyIdentifier);
  if (!old_identifier) return fail(old_identifier.error());
  MasterKey key(std::move(sw_secret), *identifier, {});
  key.old_identifier_ = *old_identifier;
  key.hw_wrapped_ = true;
  key.inline_key_ = std::move(inline_key);
  return key;
}

bool MasterKey::is_proven_by(ByteSpan name) const {
  return std::ranges::equal(name, identifier_) || std::ranges::equal(name, old_identifier_) ||
         (!hw_wrapped_ && std::ranges::equal(name, descriptor_));
}

bool MasterKey::is_text() const {
  return std::ranges::all_of(as_chars(raw_.view()),
                             [](char c) { return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r'); });
}

Result<Secret> MasterKey::derive(HkdfContext context, ByteSpan info, std::size_t length) const {
  return fscrypt_hkdf(raw_.view(), context, info, length);
}

Result<Secret> MasterKey::derive_per_file_key(ByteSpan nonce, std::size_t length) const {
  return derive(HkdfContext::kPerFileKey, nonce, length);
}

Result<Secret> MasterKey::derive_v1(ByteSpan nonce, std::size_t length) const {
  auto key = first_bytes(length);
  if (!key) return key;
  const auto aes = CipherPool::make("AES-128-ECB", nonce, nullptr, CipherPool::Direction::kEncrypt);
  if (!aes) return fail(aes.error());
  if (!CipherPool::Loan(**aes).run({}, key->writable())) {
    return fail(ErrorKind::kUnsupported, "", "libcrypto could not derive a key by AES-128-ECB");
  }
  return key;
}

Result<Secret> MasterKey::first_bytes(std::size_t length) const {
  if (length > raw_.size()) {
    return fail(ErrorKind::kLocked, "encryption key", "its " + std::to_string(raw_.size()) + " bytes are too few");
  }
  return Secret(raw_.view().first(length));
}

}  // namespace coldread::fscrypt
