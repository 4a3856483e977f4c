#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/verity/openssl_handles.hpp"

namespace coldread::verity {

/// One who signed a PKCS#7 message, as it names them. What it points to lives as long as the message.
struct MessageSigner {
  CMS_SignerInfo* info = nullptr;
  X509_NAME* issuer = nullptr;  ///< of its certificate, with `serial`; or `key_id` instead
  ASN1_INTEGER* serial = nullptr;
  ASN1_OCTET_STRING* key_id = nullptr;  ///< the certificate's subject key identifier
  std::string digest_algorithm;         ///< "sha256"; the dotted number of one without a name
  const EVP_MD* digest = nullptr;       ///< null where libcrypto has none
  int key_type = 0;                     ///< EVP_PKEY_RSA, EVP_PKEY_EC; 0: another
  bool has_attributes = false;          ///< the signature is over signed attributes, which hold the content's digest
  ByteSpan attributes;                  ///< as they are stored, header and all
  X509* certificate = nullptr;          ///< its certificate, where the message holds it and the kernel would use it
};

/// A built-in signature: a PKCS#7 message, held against what the kernel's parser takes
/// (crypto/asymmetric_keys/pkcs7.asn1, pkcs7_parser.c), where libcrypto takes more.
class Pkcs7Message {
 public:
  explicit Pkcs7Message(ByteSpan stored);

  /// Why the kernel would not take it, whoever signed it: a sentence; empty where it would.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  /// Those that could be understood, even of a message that is refused.
  [[nodiscard]] const std::vector<MessageSigner>& signers() const { return signers_; }
  [[nodiscard]] const std::vector<Certificate>& certificates() const { return certificates_; }
  /// Bytes after the message's end. The kernel's decoder does not look at them.
  [[nodiscard]] std::uint64_t trailing() const { return trailing_; }

 private:
  [[nodiscard]] std::string find_fault() const;
  void find_signers(ByteSpan stored);

  Message message_;
  std::vector<Certificate> certificates_;
  std::vector<MessageSigner> signers_;
  std::uint64_t trailing_ = 0;
  std::string refusal_;
};

}  // namespace coldread::verity
