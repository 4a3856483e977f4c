#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/verity/descriptor.hpp"

namespace coldread::verity {

/// The report's words: absent (no signature), unchecked (no certificates were given), valid, invalid.
enum class SignatureStatus : std::uint8_t { kAbsent, kUnchecked, kValid, kInvalid };

[[nodiscard]] std::string_view to_string(SignatureStatus status);

struct SignatureResult {
  SignatureStatus status = SignatureStatus::kAbsent;
  std::string reason;  ///< why it is invalid; empty otherwise
};

/// The certificates that signatures must chain to. Immutable, and safe to use from several threads at once.
class TrustStore {
 public:
  /// No certificates.
  TrustStore();
  /// The certificates in PEM files, each of which may hold several. Errors: kNotFound (no such file), kUsage (no
  /// certificate in it, or a broken one).
  [[nodiscard]] static Result<TrustStore> load(const std::vector<std::string>& pem_files);

  TrustStore(TrustStore&&) noexcept;
  TrustStore& operator=(TrustStore&&) noexcept;
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

  [[nodiscard]] bool empty() const { return certificates_ == nullptr; }

 private:
  struct Certificates;
  friend SignatureResult check_signature(const Descriptor& descriptor, ByteSpan file_digest, const TrustStore& trusted);

  std::unique_ptr<const Certificates> certificates_;
};

/// struct fsverity_formatted_digest (include/uapi/linux/fsverity.h): what a built-in signature is made over.
[[nodiscard]] Bytes formatted_digest(HashAlgorithm algorithm, ByteSpan digest);

/// Checks a built-in signature (fsverity.rst, "Built-in signature verification"): a detached PKCS#7 message in DER over
/// struct fsverity_formatted_digest of the file digest. Its signer must be one of the trusted certificates or chain to
/// one; a signer's certificate that the message leaves out is looked for among them. Validity times and key usages are
/// not enforced: this machine's clock says nothing of an image's age, and the kernel does not either.
[[nodiscard]] SignatureResult check_signature(const Descriptor& descriptor, ByteSpan file_digest,
                                              const TrustStore& trusted);

}  // namespace coldread::verity
