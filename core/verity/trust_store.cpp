#include "core/verity/trust_store.hpp"

#include <openssl/pem.h>

#include <iterator>
#include <utility>

#include "core/verity/trusted_certificates.hpp"

namespace coldread::verity {
namespace {

/// All certificates of one PEM file.
Result<std::vector<Certificate>> read_certificates(const std::string& path) {
  const Bio file(BIO_new_file(path.c_str(), "rb"));
  if (!file) return fail(ErrorKind::kNotFound, path, "cannot be opened: " + library_reason());
  std::vector<Certificate> found;
  while (Certificate next{PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)}) found.push_back(std::move(next));
  // At the end of the file the search for a further certificate fails, in this one way.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = library_reason();
  if (!at_end) return fail(ErrorKind::kUsage, path, "holds a broken certificate: " + reason);
  if (found.empty()) return fail(ErrorKind::kUsage, path, "holds no PEM certificate");
  return found;
}

}  // namespace

TrustStore::TrustStore() = default;
TrustStore::TrustStore(TrustStore&&) noexcept = default;
TrustStore& TrustStore::operator=(TrustStore&&) noexcept = default;
TrustStore::~TrustStore() = default;

Result<TrustStore> TrustStore::load(const std::vector<std::string>& pem_files) {
  TrustStore trusted;
  if (pem_files.empty()) return trusted;
  auto certificates = std::make_unique<Certificates>();
  for (const std::string& path : pem_files) {
    auto found = read_certificates(path);
    if (!found) return fail(std::move(found.error()));
    std::move(found->begin(), found->end(), std::back_inserter(certificates->all));
  }
  trusted.certificates_ = std::move(certificates);
  return trusted;
}

}  // namespace coldread::verity
