#include "core/fscrypt/keymaster_blob.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/little_endian.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kHmacSize = 8;

/// Reads a blob's fields one after another; once one does not fit, no other does.
class Fields {
 public:
  explicit Fields(ByteView blob) : blob_(blob) {}

  std::optional<std::uint8_t> byte() {
    const auto value = blob_.byte(at_);
    at_ += 1;
    return value;
  }
  std::optional<std::uint32_t> number() {
    const auto value = blob_.load<Le32>(at_);
    at_ += sizeof(Le32);
    return value ? std::optional<std::uint32_t>(value->get()) : std::nullopt;
  }
  /// A 32-bit size and as many bytes.
  std::optional<ByteView> sized() {
    const auto size = number();
    return size ? bytes(*size) : std::nullopt;
  }
  /// A set of authorizations: the bytes its elements point into, how many elements there are, and those, by their size.
  bool authorizations() { return sized() && number() && sized(); }

  std::optional<ByteView> bytes(std::uint32_t size) {
    const auto value = blob_.sub(at_, size);
    at_ += size;
    return value;
  }
  [[nodiscard]] bool at_end() const { return at_ == blob_.size(); }

 private:
  ByteView blob_;
  std::uint64_t at_ = 0;
};

/// Without what keystore2 puts before an old Keymaster's blob.
ByteView without_prefix(ByteView blob) {
  static constexpr std::string_view kMagic = "pKMblob";
  const auto magic = blob.sub(0, kMagic.size());
  const auto is_software = blob.byte(kMagic.size());
  if (!magic || !is_software || *is_software > 1 || as_chars(magic->span()) != kMagic) return blob;
  return *blob.sub(kMagic.size() + 1, blob.size() - kMagic.size() - 1);
}

std::optional<ByteView> key_in_clear(ByteView blob) {
  Fields fields(blob);
  const auto version = fields.byte();
  const auto key = fields.sized();
  const bool whole = fields.authorizations() && fields.authorizations() && fields.bytes(kHmacSize) && fields.at_end();
  return version == 0 && whole ? key : std::nullopt;
}

/// The format of a blob that is encrypted with a key of the phone's: 0 is AES-OCB, 1 to 4 are AES-GCM, of which 2 and 4
/// are bound to a slot of secure storage, and 3 and 4 tell a version.
std::optional<std::uint8_t> encrypted_format(ByteView blob) {
  constexpr std::uint8_t kLast = 4;
  Fields fields(blob);
  const auto format = fields.byte();
  if (!format || *format > kLast) return std::nullopt;
  const auto nonce = fields.sized();
  const auto ciphertext = fields.sized();
  const auto tag = fields.sized();
  if (*format >= 3 && !fields.bytes(2 * sizeof(Le32))) return std::nullopt;
  const bool sets = fields.authorizations() && fields.authorizations();
  if ((*format == 2 || *format == 4) && !fields.number()) return std::nullopt;
  const bool sizes = nonce && ciphertext && tag && nonce->size() == 12 && tag->size() == 16;
  return sizes && sets && fields.at_end() ? format : std::nullopt;
}

void append(Bytes& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
void append(Bytes& to, std::size_t number) { append(to, bytes_of(Le32(static_cast<std::uint32_t>(number)))); }

/// The authorizations that a blob is bound to and does not hold, as a set: the application id and the root of trust,
/// which is "SW" (software_keyblobs.cpp, BuildHiddenAuthorizations; keymaster_tags.h).
Bytes hidden_authorizations(ByteSpan application_id) {
  constexpr std::uint32_t kApplicationId = 0x90000259;
  constexpr std::uint32_t kRootOfTrust = 0x900002c0;
  constexpr std::size_t kElementSize = 3 * sizeof(Le32);
  static constexpr std::string_view kSoftware = "SW";
  Bytes set;
  // Nothing is left behind by moves: what holds the secret is wiped as a whole.
  set.reserve(application_id.size() + kSoftware.size() + 3 * sizeof(Le32) + 2 * kElementSize);
  append(set, application_id.size() + kSoftware.size());
  append(set, application_id);
  append(set, as_bytes(kSoftware));
  append(set, 2);
  append(set, 2 * kElementSize);
  for (const std::size_t number : {std::size_t{kApplicationId}, application_id.size(), std::size_t{0},
                                   std::size_t{kRootOfTrust}, kSoftware.size(), application_id.size()}) {
    append(set, number);
  }
  return set;
}

}  // namespace

KeymasterBlob parse_keymaster_blob(ByteView blob) {
  const ByteView inner = without_prefix(blob);
  KeymasterBlob parsed;
  if (const auto key = key_in_clear(inner)) {
    parsed.format = "software, in clear";
    parsed.in_clear = true;
    parsed.key = Secret(key->span());
  } else if (const auto format = encrypted_format(inner)) {
    parsed.format =
        *format == 0 ? "encrypted by AES-OCB" : "encrypted by AES-GCM (format " + std::to_string(*format) + ")";
  } else {
    parsed.format = "of a form that is not known";
  }
  return parsed;
}

bool is_intact(ByteView blob, ByteSpan application_id) {
  static constexpr std::string_view kKey("IntegrityAssuredBlob0\0", 22);  // its NUL is part of it
  const ByteView inner = without_prefix(blob);
  if (!key_in_clear(inner)) return false;
  const ByteSpan covered = inner.span().first(inner.size() - kHmacSize);
  Bytes hidden = hidden_authorizations(application_id);
  Secret whole(covered.size() + hidden.size());
  std::copy(covered.begin(), covered.end(), whole.writable().begin());
  std::copy(hidden.begin(), hidden.end(), whole.writable().begin() + static_cast<std::ptrdiff_t>(covered.size()));
  wipe(hidden);
  std::array<unsigned char, EVP_MAX_MD_SIZE> hmac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), kKey.data(), static_cast<int>(kKey.size()), as_uchars(whole.view()), whole.size(), hmac.data(),
           &size) == nullptr) {
    return false;
  }
  return std::ranges::equal(std::as_bytes(std::span(hmac)).first(kHmacSize), inner.span().last(kHmacSize));
}

}  // namespace coldread::fscrypt
