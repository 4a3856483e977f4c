#include "core/fscrypt/hkdf.hpp"

#include <cryptopp/hkdf.h>
#include <cryptopp/sha.h>

#include <exception>
#include <string_view>

namespace coldread::fscrypt {

Result<Secret> hkdf_sha512(ByteSpan key, ByteSpan salt, ByteSpan info, std::size_t length) {
  try {
    Secret derived(length);
    const CryptoPP::HKDF<CryptoPP::SHA512> hkdf;
    hkdf.DeriveKey(as_uchars(derived.writable()), length, as_uchars(key), key.size(),
                   salt.empty() ? nullptr : as_uchars(salt), salt.size(), as_uchars(info), info.size());
    return derived;
  } catch (const std::exception&) {
    return fail(ErrorKind::kUsage, "", "HKDF-SHA512 cannot derive " + std::to_string(length) + " bytes");
  }
}

Result<Secret> fscrypt_hkdf(ByteSpan master_key, HkdfContext context, ByteSpan info, std::size_t length) {
  static constexpr std::string_view kPrefix("fscrypt\0", 8);
  const ByteSpan prefix = as_bytes(kPrefix);
  Bytes whole(prefix.begin(), prefix.end());
  whole.push_back(static_cast<std::byte>(context));
  whole.insert(whole.end(), info.begin(), info.end());
  return hkdf_sha512(master_key, {}, whole, length);
}

}  // namespace coldread::fscrypt
