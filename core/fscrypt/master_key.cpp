#include "core/fscrypt/master_key.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/fscrypt/hkdf.hpp"

namespace coldread::fscrypt {

Result<MasterKey> MasterKey::make(Secret raw) {
  if (raw.size() < kMinKeySize || raw.size() > kMaxKeySize) {
    return fail(ErrorKind::kUsage, "", "a key has 16 to 64 bytes, not " + std::to_string(raw.size()));
  }
  KeyIdentifier identifier{};
  const auto derived = fscrypt_hkdf(raw.view(), HkdfContext::kKeyIdentifier, {}, identifier.size());
  if (!derived) return fail(derived.error());
  std::copy_n(derived->view().begin(), identifier.size(), identifier.begin());
  return MasterKey(std::move(raw), identifier);
}

Result<Secret> MasterKey::derive_per_file_key(ByteSpan nonce, std::size_t length) const {
  return fscrypt_hkdf(raw_.view(), HkdfContext::kPerFileKey, nonce, length);
}

}  // namespace coldread::fscrypt
