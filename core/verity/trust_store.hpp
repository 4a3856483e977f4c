#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"

namespace coldread::verity {

/// The certificates that signatures must chain to: what the keyring .fs-verity is to a kernel. Immutable, and safe to
/// use from several threads at once.
class TrustStore {
 public:
  struct Certificates;  ///< core/verity/trusted_certificates.hpp

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
  /// Null where there are none.
  [[nodiscard]] const Certificates* certificates() const { return certificates_.get(); }

 private:
  std::unique_ptr<const Certificates> certificates_;
};

}  // namespace coldread::verity
