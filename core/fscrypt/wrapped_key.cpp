#include "core/fscrypt/wrapped_key.hpp"

#include <cryptopp/aes.h>
#include <cryptopp/hkdf.h>
#include <cryptopp/hmac.h>
#include <cryptopp/modes.h>
#include <cryptopp/sha.h>

#include <exception>

namespace coldread::fscrypt {

Result<std::optional<Secret>> unwrap(ByteSpan wrapping, const WrappedKey& wrapped) {
  if (wrapping.size() != kWrappingKeySize) return fail(ErrorKind::kUsage, "", "a key that wraps others has 32 bytes");
  if (wrapped.iv.size() != CryptoPP::AES::BLOCKSIZE || wrapped.hmac.size() != CryptoPP::SHA256::DIGESTSIZE) {
    return fail(ErrorKind::kCorrupt, "", "a wrapped key has an IV of 16 bytes and an HMAC of 32");
  }
  try {
    Secret both(2 * kWrappingKeySize);
    const CryptoPP::HKDF<CryptoPP::SHA256> hkdf;
    hkdf.DeriveKey(as_uchars(both.writable()), both.size(), as_uchars(wrapping), wrapping.size(), nullptr, 0, nullptr,
                   0);
    const ByteSpan for_cipher = both.view().first(kWrappingKeySize);
    const ByteSpan for_hmac = both.view().subspan(kWrappingKeySize);

    CryptoPP::HMAC<CryptoPP::SHA256> hmac(as_uchars(for_hmac), for_hmac.size());
    hmac.Update(as_uchars(wrapped.iv), wrapped.iv.size());
    hmac.Update(as_uchars(wrapped.encrypted_key), wrapped.encrypted_key.size());
    if (!hmac.Verify(as_uchars(ByteSpan(wrapped.hmac)))) return std::optional<Secret>();

    Secret key{ByteSpan(wrapped.encrypted_key)};
    CryptoPP::CTR_Mode<CryptoPP::AES>::Decryption cipher(as_uchars(for_cipher), for_cipher.size(),
                                                         as_uchars(ByteSpan(wrapped.iv)));
    cipher.ProcessData(as_uchars(key.writable()), as_uchars(key.view()), key.size());
    return std::optional<Secret>(std::move(key));
  } catch (const std::exception&) {
    return fail(ErrorKind::kUnsupported, "", "Crypto++ could not unwrap a key");
  }
}

}  // namespace coldread::fscrypt
