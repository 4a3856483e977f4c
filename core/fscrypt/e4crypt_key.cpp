#include "core/fscrypt/e4crypt_key.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "core/base/text.hpp"

namespace coldread::fscrypt {
namespace {

constexpr int kRounds = 0xffff;
constexpr std::size_t kHashSize = 64;
constexpr std::size_t kMaxPassphrase = 1023;
constexpr std::size_t kUuidLength = 36;

/// The 16 bytes of a UUID in its usual form, or nothing.
std::optional<Bytes> uuid_bytes(const std::string& text) {
  if (text.size() != kUuidLength) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen != (text[i] == '-')) return std::nullopt;
    if (!hyphen) digits += text[i];
  }
  return from_hex(digits);
}

}  // namespace

Result<Bytes> parse_salt(const std::string& text) {
  if (text.rfind("s:", 0) == 0) {
    const ByteSpan salt = as_bytes(text).subspan(2);
    if (salt.size() < kMaxSaltSize) return Bytes(salt.begin(), salt.end());
    return fail(ErrorKind::kUsage, "", "a salt of text has at most 255 bytes");
  }
  if (text.rfind("0x", 0) == 0) {
    const bool lower = text.find_first_of("ABCDEF") == std::string::npos;
    const auto salt = from_hex(std::string_view(text).substr(2));
    if (salt && lower && salt->size() <= kMaxSaltSize) return *salt;
    return fail(ErrorKind::kUsage, "", "a salt in hex has an even number of digits of 0 to 9 and a to f, at most 512");
  }
  if (text.rfind("f:", 0) == 0 || text.rfind('/', 0) == 0) {
    return fail(
        ErrorKind::kUsage, "",
        "this salt is that of a mounted filesystem; the image's filesystems' own are tried anyway, another's is "
        "given as a UUID");
  }
  if (const auto salt = uuid_bytes(text)) return *salt;
  return fail(ErrorKind::kUsage, "", "'" + text + "' is none of the salts s:TEXT, 0xHEX and UUID");
}

Result<Secret> e4crypt_key(const Secret& passphrase, ByteSpan salt) {
  if (salt.size() > kMaxSaltSize) return fail(ErrorKind::kUsage, "", "a salt has at most 256 bytes");
  ByteSpan text = passphrase.view();
  text = text.first(static_cast<std::size_t>(std::find(text.begin(), text.end(), std::byte{0}) - text.begin()));
  text = text.first(std::min(text.size(), kMaxPassphrase));

  Secret message(kMaxSaltSize + text.size());
  std::copy(salt.begin(), salt.end(), message.writable().begin());
  std::copy(text.begin(), text.end(), message.writable().begin() + kMaxSaltSize);
  // What a hash goes to is where the message of all hashes but the first begins: right before the passphrase.
  const MutableByteSpan hash = message.writable().subspan(kMaxSaltSize - kHashSize, kHashSize);
  const ByteSpan later = message.view().subspan(kMaxSaltSize - kHashSize);

  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha512(EVP_MD_fetch(nullptr, "SHA512", nullptr), EVP_MD_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Secret key(kHashSize);
  for (int round = 0; round < kRounds; ++round) {
    const ByteSpan input = round == 0 ? message.view() : later;
    if (!sha512 || !context || EVP_DigestInit_ex2(context.get(), sha512.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), input.data(), input.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), as_uchars(hash), nullptr) != 1) {
      return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine has no SHA-512");
    }
    std::transform(hash.begin(), hash.end(), key.view().begin(), key.writable().begin(), std::bit_xor<>());
  }
  return key;
}

}  // namespace coldread::fscrypt
