#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/trust_store.hpp"

namespace coldread::verity {

/// The report's words: absent (no signature), unchecked (no certificates were given), valid, invalid.
enum class SignatureStatus : std::uint8_t { kAbsent, kUnchecked, kValid, kInvalid };

[[nodiscard]] std::string_view to_string(SignatureStatus status);

/// Who made a signature, as the message and the certificates tell it; each is empty where they do not. It is proven of
/// a valid signature alone; of any other it is what the message claims.
struct Signer {
  std::string subject;                ///< of the signer's certificate, as RFC 2253 writes it, in UTF-8
  std::string issuer;                 ///< likewise
  std::string serial;                 ///< of the certificate, hex
  std::string key_identifier;         ///< hex, of a message that names its signer by this
  std::string digest_algorithm;       ///< "sha256"
  std::string not_before, not_after;  ///< of the certificate, RFC 3339 UTC
  std::vector<std::string> chain;     ///< subjects, from the signer's up to the trusted one's
};

struct SignatureResult {
  SignatureStatus status = SignatureStatus::kAbsent;
  /// Why it is invalid; or, of an unchecked one, why it would be by any certificate. A sentence's end: "it is ...".
  std::string reason;
  std::optional<Signer> signer;  ///< the one who is trusted, or else the first
  std::string note;              ///< what is odd about it and decides nothing; empty without
};

/// struct fsverity_formatted_digest (include/uapi/linux/fsverity.h): what a built-in signature is made over.
[[nodiscard]] Bytes formatted_digest(HashAlgorithm algorithm, ByteSpan digest);

/// Checks a built-in signature (fsverity.rst, "Built-in signature verification"): a detached PKCS#7 message in DER over
/// struct fsverity_formatted_digest of the file digest. It is valid where the kernel would take it with the trusted
/// certificates in its keyring .fs-verity (crypto/asymmetric_keys/pkcs7_verify.c, pkcs7_trust.c): each signer whose
/// certificate is at hand has signed this very digest, and the certificate of one of them is trusted or chains, by
/// certificates in the message, to one that is. The times of certificates are held against the time of signing, where
/// that is signed too, and not against this machine's clock, which says nothing of an image's age; nor are key usages
/// and basic constraints looked at: the kernel does neither.
[[nodiscard]] SignatureResult check_signature(const Descriptor& descriptor, ByteSpan file_digest,
                                              const TrustStore& trusted);

}  // namespace coldread::verity
