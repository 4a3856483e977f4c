#include "core/verity/signature.hpp"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/base/little_endian.hpp"

namespace coldread::verity {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* value) const {
    kFree(value);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using Message = std::unique_ptr<CMS_ContentInfo, Free<CMS_ContentInfo_free>>;
/// The macro behind it frees the list alone; the certificates are the caller's.
struct FreeList {
  void operator()(STACK_OF(X509) * list) const { sk_X509_free(list); }
};
using CertificateList = std::unique_ptr<STACK_OF(X509), FreeList>;

/// What built-in signatures are made over (fsverity.rst, "Built-in signature verification"), before the digest.
struct FormattedDigest {
  std::array<char, 8> magic{'F', 'S', 'V', 'e', 'r', 'i', 't', 'y'};
  Le16 digest_algorithm;
  Le16 digest_size;
};
static_assert(sizeof(FormattedDigest) == 12);

/// The last of libcrypto's reasons for what has just failed; the queue is empty afterwards.
std::string library_reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "libcrypto gives no reason" : reason;
}

Message parse_message(ByteSpan der) {
  if (der.size() > static_cast<std::size_t>(std::numeric_limits<long>::max())) return nullptr;
  const unsigned char* at = as_uchars(der);
  return Message(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
}

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

/// A store in which each certificate is an anchor by itself, whatever it was issued for and whenever.
Store make_store(const std::vector<Certificate>& certificates) {
  Store store(X509_STORE_new());
  if (!store) return nullptr;
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_STORE_set_purpose(store.get(), X509_PURPOSE_ANY);
  for (const Certificate& certificate : certificates) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) return nullptr;
  }
  return store;
}

}  // namespace

struct TrustStore::Certificates {
  std::vector<Certificate> all;
  Store store;
};

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
  certificates->store = make_store(certificates->all);
  if (!certificates->store) return fail(ErrorKind::kUsage, pem_files.front(), "cannot be used: " + library_reason());
  trusted.certificates_ = std::move(certificates);
  return trusted;
}

std::string_view to_string(SignatureStatus status) {
  switch (status) {
    case SignatureStatus::kAbsent: return "absent";
    case SignatureStatus::kUnchecked: return "unchecked";
    case SignatureStatus::kValid: return "valid";
    case SignatureStatus::kInvalid: return "invalid";
  }
  return "invalid";
}

Bytes formatted_digest(HashAlgorithm algorithm, ByteSpan digest) {
  FormattedDigest header;
  header.digest_algorithm = static_cast<std::uint16_t>(algorithm);
  header.digest_size = static_cast<std::uint16_t>(digest.size());
  const ByteSpan head = bytes_of(header);
  Bytes all(head.begin(), head.end());
  all.insert(all.end(), digest.begin(), digest.end());
  return all;
}

SignatureResult check_signature(const Descriptor& descriptor, ByteSpan file_digest, const TrustStore& trusted) {
  const auto invalid = [](std::string reason) { return SignatureResult{SignatureStatus::kInvalid, std::move(reason)}; };
  if (descriptor.signature.empty()) return {SignatureStatus::kAbsent, ""};
  if (trusted.empty()) return {SignatureStatus::kUnchecked, ""};

  ERR_clear_error();
  const Message message = parse_message(descriptor.signature);
  if (!message) return invalid("the signature is no PKCS#7 message: " + library_reason());
  if (OBJ_obj2nid(CMS_get0_type(message.get())) != NID_pkcs7_signed)
    return invalid("the PKCS#7 message is not a signed one");
  if (CMS_is_detached(message.get()) != 1) return invalid("the PKCS#7 message carries content of its own");

  const CertificateList candidates(sk_X509_new_null());
  for (const Certificate& certificate : trusted.certificates_->all) {
    if (!candidates || sk_X509_push(candidates.get(), certificate.get()) == 0) return invalid(library_reason());
  }
  const Bytes content = formatted_digest(descriptor.algorithm, file_digest);
  Bio memory(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  Bio content_bio(BIO_new(BIO_f_buffer()));
  if (!memory || !content_bio) return invalid(library_reason());
  // Of a memory BIO CMS_verify() makes a copy, which it leaks where it then finds fault with the message.
  BIO_push(content_bio.get(), memory.release());
  if (CMS_verify(message.get(), candidates.get(), trusted.certificates_->store.get(), content_bio.get(), nullptr,
                 CMS_BINARY) != 1) {
    return invalid(library_reason());
  }
  return {SignatureStatus::kValid, ""};
}

}  // namespace coldread::verity
