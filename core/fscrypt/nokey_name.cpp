#include "core/fscrypt/nokey_name.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

#include "core/base/little_endian.hpp"
#include "core/base/text.hpp"

namespace coldread::fscrypt {
namespace {

/// Ciphertext that a no-key name holds as it is: with the hashes before it and a SHA-256 after it, 189 bytes, whose
/// base64 still fits into a name of 255 bytes.
constexpr std::size_t kMaxVerbatim = 149;

}  // namespace

std::string no_key_name(std::array<std::uint32_t, 2> hash, ByteView ciphertext) {
  Bytes name;
  for (const std::uint32_t half : hash) {
    const Le32 stored(half);
    const ByteSpan bytes = bytes_of(stored);
    name.insert(name.end(), bytes.begin(), bytes.end());
  }
  const ByteSpan whole = ciphertext.span();
  const ByteSpan verbatim = whole.first(std::min(whole.size(), kMaxVerbatim));
  name.insert(name.end(), verbatim.begin(), verbatim.end());
  if (const ByteSpan rest = whole.subspan(verbatim.size()); !rest.empty()) {
    Bytes digest(32);
    // It fails for want of memory alone; a wrong name must never come of it.
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, as_uchars(rest), rest.size(), as_uchars(MutableByteSpan(digest)),
                     nullptr) != 1) {
      throw std::bad_alloc();
    }
    name.insert(name.end(), digest.begin(), digest.end());
  }
  return to_base64url(name);
}

}  // namespace coldread::fscrypt
