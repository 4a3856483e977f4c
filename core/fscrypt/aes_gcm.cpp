#include "core/fscrypt/aes_gcm.hpp"

#include <openssl/evp.h>

#include <string>

#include "core/fscrypt/cipher_pool.hpp"

namespace coldread::fscrypt {

Result<Secret> open_aes_256_gcm(ByteSpan key, ByteSpan sealed) {
  if (sealed.size() < kGcmNonceSize + kGcmTagSize) {
    return fail(ErrorKind::kCorrupt, "",
                "its " + std::to_string(sealed.size()) + " bytes are fewer than a nonce and a tag have");
  }
  const ByteSpan nonce = sealed.first(kGcmNonceSize);
  const ByteSpan body = sealed.subspan(kGcmNonceSize, sealed.size() - kGcmNonceSize - kGcmTagSize);
  Bytes tag(sealed.end() - kGcmTagSize, sealed.end());  // the call wants it writable
  Secret plain(body.size());
  Secret rest(kGcmTagSize);  // of which nothing is written: GCM holds nothing back
  int written = 0;
  int written_at_end = 0;
  const CipherContext context(EVP_CIPHER_CTX_new());
  if (!context || key.size() != kGcmKeySize ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, as_uchars(key), as_uchars(nonce)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) != 1 ||
      (!body.empty() && EVP_DecryptUpdate(context.get(), as_uchars(plain.writable()), &written, as_uchars(body),
                                          static_cast<int>(body.size())) != 1)) {
    return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine cannot decrypt by AES-256-GCM");
  }
  if (EVP_DecryptFinal_ex(context.get(), as_uchars(rest.writable()), &written_at_end) != 1) {
    return fail(ErrorKind::kLocked, "", "its AES-GCM tag differs");
  }
  return plain;
}

}  // namespace coldread::fscrypt
