#include "core/fscrypt/vold_key.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "core/fscrypt/aes_gcm.hpp"
#include "core/fscrypt/keymaster_blob.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kHashBlock = 128;  // of SHA-512
constexpr std::size_t kHashSize = 64;

Secret joined(ByteSpan first, ByteSpan second) {
  Secret whole(first.size() + second.size());
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), whole.writable().begin()));
  return whole;
}

/// SHA-512 over the prefix, padded with zeros to a block, and the message.
Result<Secret> hash_with_prefix(std::string_view prefix, ByteSpan message) {
  Secret block(kHashBlock);
  const ByteSpan bytes = as_bytes(prefix);
  std::copy(bytes.begin(), bytes.end(), block.writable().begin());
  const Secret whole = joined(block.view(), message);
  Secret hash(kHashSize);
  if (EVP_Q_digest(nullptr, "SHA512", nullptr, as_uchars(whole.view()), whole.size(), as_uchars(hash.writable()),
                   nullptr) != 1) {
    return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine has no SHA-512");
  }
  return hash;
}

std::string_view text_of(const std::optional<Secret>& file) { return file ? as_chars(file->view()) : ""; }

/// The three numbers of "15:3:1", each less than 32.
std::optional<std::array<unsigned, 3>> scrypt_logarithms(std::string_view text) {
  std::array<unsigned, 3> logarithms{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (unsigned& logarithm : logarithms) {
    if (&logarithm != logarithms.data() && (at == end || *at++ != ':')) return std::nullopt;
    const auto [after, error] = std::from_chars(at, end, logarithm);
    if (error != std::errc() || logarithm >= 32) return std::nullopt;
    at = after;
  }
  return at == end ? std::optional(logarithms) : std::nullopt;
}

Result<Secret> scrypt(ByteSpan secret, ByteSpan salt, std::string_view parameters) {
  constexpr unsigned kMostMemory = 19;  // base-2 logarithm, in units of 128 bytes: 64 MiB
  constexpr unsigned kMostRounds = 2;   // likewise, how often it is gone over
  const auto logarithms = scrypt_logarithms(parameters);
  if (!logarithms) return fail(ErrorKind::kCorrupt, "", "its stretching has no such parameters as scrypt takes");
  const auto [n, r, p] = *logarithms;
  // 128 * N * r bytes, gone over p times (RFC 7914, section 2).
  if (n == 0 || n + r > kMostMemory || p > kMostRounds) {
    return fail(ErrorKind::kUnsupported, "",
                "its stretching asks for more than 64 MiB or 4 rounds of scrypt, which no Android does");
  }
  constexpr std::uint64_t kLimit = 80ULL << 20;  // above those bytes: libcrypto counts what it needs beside them
  Secret stretched(kHashSize);
  if (EVP_PBE_scrypt(as_chars(secret).data(), secret.size(), as_uchars(salt), salt.size(), 1ULL << n, 1ULL << r,
                     1ULL << p, kLimit, as_uchars(stretched.writable()), stretched.size()) != 1) {
    return fail(ErrorKind::kUnsupported, "", "libcrypto refuses the scrypt parameters of its stretching");
  }
  return stretched;
}

/// What Keymaster calls the application id: by it, or by the key that is made of it, a directory is opened.
Result<Secret> application_id(ByteSpan secret, const VoldKeyDirectory& directory) {
  auto stretched = stretch_secret(secret, directory);
  if (!stretched || !directory.secdiscardable) return stretched;
  const auto hash = hash_secdiscardable(directory.secdiscardable->view());
  if (!hash) return fail(hash.error());
  return joined(hash->view(), stretched->view());
}

/// Without Keymaster: the key is made of the secret (KeyStorage.cpp, decryptWithoutKeystore).
Result<Secret> open_by_secret(const VoldKeyDirectory& directory, ByteSpan secret) {
  const auto id = application_id(secret, directory);
  if (!id) return fail(id.error());
  const auto wrapping = hash_with_prefix("Android key wrapping key generation SHA512", id->view());
  if (!wrapping) return fail(wrapping.error());
  return open_aes_256_gcm(wrapping->view().first(kGcmKeySize), directory.encrypted_key->view());
}

Result<OpenedVoldKey> open_by_secrets(const VoldKeyDirectory& directory, const std::vector<NamedSecret>& secrets) {
  if (directory.stretching && !directory.secdiscardable) {
    return fail(ErrorKind::kLocked, "", "its secdiscardable is missing");  // only Android 14 leaves both out
  }
  const Error* other = nullptr;
  std::vector<Error> errors;
  errors.reserve(secrets.size());
  for (const NamedSecret& secret : secrets) {
    auto key = open_by_secret(directory, secret.key.view());
    if (key) return OpenedVoldKey{std::move(*key), by_secret(secret), ""};
    errors.push_back(std::move(key.error()));
    if (errors.back().kind != ErrorKind::kLocked) other = &errors.back();
  }
  if (other != nullptr) return fail(*other);
  return fail(ErrorKind::kLocked, "",
              secrets.empty() ? "it needs the secret by which vold seals it" : "no secret that was given opens it");
}

/// By a blob that holds its key in clear. Errors: kLocked where it does not.
Result<OpenedVoldKey> open_by_blob(const VoldKeyDirectory& directory, ByteView blob) {
  const KeymasterBlob parsed = parse_keymaster_blob(blob);
  if (!parsed.in_clear) {
    return fail(
        ErrorKind::kLocked, "",
        "it needs the phone's Keymaster: its blob of " + std::to_string(blob.size()) + " bytes is " + parsed.format);
  }
  if (parsed.key.size() != kGcmKeySize) {
    return fail(ErrorKind::kCorrupt, "",
                "its Keymaster blob holds " + std::to_string(parsed.key.size()) + " bytes, and no AES-256 key");
  }
  auto key = open_aes_256_gcm(parsed.key.view(), directory.encrypted_key->view());
  if (!key && key.error().kind == ErrorKind::kLocked) {
    return fail(ErrorKind::kCorrupt, "",
                "encrypted_key is damaged, or is not this blob's: the tag differs under the key that the blob holds");
  }
  if (!key) return fail(key.error().kind, "", "encrypted_key: " + key.error().what);
  OpenedVoldKey opened{std::move(*key), "the software Keymaster's blob", ""};
  // A secret that is stretched is not known here, nor needed.
  const auto id = application_id({}, directory);
  if (text_of(directory.stretching).starts_with("scrypt")) return opened;
  if (!id || !is_intact(blob, id->view())) {
    opened.doubt = "the HMAC of its Keymaster blob does not hold for its secdiscardable";
  }
  return opened;
}

}  // namespace

Result<Secret> hash_secdiscardable(ByteSpan content) {
  return hash_with_prefix("Android secdiscardable SHA512", content);
}

Result<Secret> stretch_secret(ByteSpan secret, const VoldKeyDirectory& directory) {
  static constexpr std::string_view kScrypt = "scrypt ";
  const std::string_view how = text_of(directory.stretching);
  if (!directory.stretching || how == "none") return Secret(secret);
  if (how == "nopassword") return Secret();
  if (!how.starts_with(kScrypt)) {
    return fail(ErrorKind::kUnsupported, "", "its stretching is none that is known");
  }
  if (!directory.salt) return fail(ErrorKind::kCorrupt, "", "its salt is missing");
  return scrypt(secret, directory.salt->view(), how.substr(kScrypt.size()));
}

std::string by_secret(const NamedSecret& secret) { return "the secret in " + secret.origin; }

Result<OpenedVoldKey> open_vold_key(const VoldKeyDirectory& directory, const std::vector<NamedSecret>& secrets) {
  if (directory.version && text_of(directory.version) != "1") {
    return fail(ErrorKind::kUnsupported, "", "its version is not 1");
  }
  if (!directory.encrypted_key) return fail(ErrorKind::kCorrupt, "", "its encrypted_key is missing");
  if (!directory.keymaster_key_blob && !directory.keymaster_key_blob_upgraded) {
    return open_by_secrets(directory, secrets);
  }
  Result<OpenedVoldKey> opened = fail(ErrorKind::kLocked, "", "");
  for (const auto* blob : {&directory.keymaster_key_blob_upgraded, &directory.keymaster_key_blob}) {
    if (!*blob) continue;
    opened = open_by_blob(directory, ByteView((*blob)->view()));
    if (opened) break;
  }
  return opened;
}

}  // namespace coldread::fscrypt
