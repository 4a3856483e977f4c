#include "core/verity/pkcs7_message.hpp"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <string_view>

#include "core/verity/x509_facts.hpp"

namespace coldread::verity {
namespace {

/// pkcs7_sig_note_digest_algo() knows these, and Streebog, which libcrypto has not.
constexpr std::array kDigests{NID_sha1,   NID_sha224,   NID_sha256,   NID_sha384,
                              NID_sha512, NID_sha3_256, NID_sha3_384, NID_sha3_512};
/// pkcs7_sig_note_pkey_algo(): of RSA the bare key's number, with PKCS#1 v1.5; of ECDSA those with a digest.
constexpr std::array kEcdsa{NID_ecdsa_with_SHA1,     NID_ecdsa_with_SHA224,  NID_ecdsa_with_SHA256,
                            NID_ecdsa_with_SHA384,   NID_ecdsa_with_SHA512,  NID_ecdsa_with_SHA3_256,
                            NID_ecdsa_with_SHA3_384, NID_ecdsa_with_SHA3_512};
/// Signed attributes that the kernel takes in Authenticode signatures only, by number.
constexpr std::array<std::string_view, 3> kAuthenticodeOnly{"1.2.840.113549.1.9.15", "1.3.6.1.4.1.311.2.1.12",
                                                            "1.3.6.1.4.1.311.2.1.11"};

std::string number_text(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int length = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return length <= 0 ? "" : std::string(text.data());
}

std::string algorithm_name(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid == NID_undef) return number_text(object);
  std::string name = OBJ_nid2sn(nid);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

/// The elements of a DER encoding, one after another.
class DerElements {
 public:
  struct Element {
    int tag = 0;
    int tag_class = 0;
    ByteSpan content;
    ByteSpan encoded;  ///< with its header

    [[nodiscard]] bool is(int wanted, int wanted_class = V_ASN1_UNIVERSAL) const {
      return tag == wanted && tag_class == wanted_class;
    }
  };
  explicit DerElements(ByteSpan der) : rest_(der) {}

  std::optional<Element> next() {
    if (rest_.empty()) return std::nullopt;
    const unsigned char* const begin = as_uchars(rest_);
    const unsigned char* at = begin;
    long length = 0;
    Element element;
    const int flags = ASN1_get_object(&at, &length, &element.tag, &element.tag_class, static_cast<long>(rest_.size()));
    if ((flags & 0x81) != 0) return std::nullopt;  // an error, or an indefinite length
    const auto header = static_cast<std::size_t>(at - begin);
    element.content = rest_.subspan(header, static_cast<std::size_t>(length));
    element.encoded = rest_.first(header + element.content.size());
    rest_ = rest_.subspan(element.encoded.size());
    return element;
  }

  /// The next one, which begins a further sequence of elements.
  DerElements inside() {
    const auto element = next();
    return DerElements(element ? element->content : ByteSpan());
  }

 private:
  ByteSpan rest_;
};

/// What libcrypto does not tell of a message: its versions and the lists that it holds.
struct Outline {
  int version = -1;                  ///< -1: not of one byte
  std::vector<int> signer_versions;  ///< likewise
  std::vector<ByteSpan> attributes;  ///< of each signer, signed, with their header; empty: none
  bool odd_certificates = false;     ///< that are no X.509 certificates
  bool revocation_lists = false;
};

int version_of(const std::optional<DerElements::Element>& element) {
  if (!element || !element->is(V_ASN1_INTEGER) || element->content.size() != 1) return -1;
  return std::to_integer<int>(element->content.front());
}

Outline outline_of(ByteSpan der) {
  Outline outline;
  DerElements content = DerElements(der).inside();
  (void)content.next();  // its type
  DerElements signed_data = content.inside().inside();
  outline.version = version_of(signed_data.next());
  (void)signed_data.next();  // digest algorithms
  (void)signed_data.next();  // encapsulated content
  while (const auto part = signed_data.next()) {
    DerElements list(part->content);
    while (const auto element = list.next()) {
      if (part->is(0, V_ASN1_CONTEXT_SPECIFIC)) outline.odd_certificates |= !element->is(V_ASN1_SEQUENCE);
      if (part->is(1, V_ASN1_CONTEXT_SPECIFIC)) outline.revocation_lists = true;
      if (!part->is(V_ASN1_SET)) continue;
      DerElements signer(element->content);
      outline.signer_versions.push_back(version_of(signer.next()));
      (void)signer.next();  // who it is
      (void)signer.next();  // digest algorithm
      const auto attributes = signer.next();
      const bool signs_them = attributes && attributes->is(0, V_ASN1_CONTEXT_SPECIFIC);
      outline.attributes.push_back(signs_them ? attributes->encoded : ByteSpan());
    }
  }
  return outline;
}

Outline outline_of(CMS_ContentInfo* message) {
  // Encoded anew, so that what was BER is DER.
  unsigned char* encoded = nullptr;
  const int size = i2d_CMS_ContentInfo(message, &encoded);
  if (size <= 0) return {};
  Outline outline = outline_of(std::as_bytes(std::span<const unsigned char>(encoded, static_cast<std::size_t>(size))));
  OPENSSL_free(encoded);
  return outline;
}

/// Held against pkcs7_note_signeddata_version() and pkcs7_note_signerinfo_version().
std::string fault_of_versions(const Outline& outline, const std::vector<MessageSigner>& signers) {
  if (outline.version != 1 && outline.version != 3) return "its version of SignedData is neither 1 nor 3";
  for (const int version : outline.signer_versions) {
    if (version != 1 && version != 3) return "its version of SignerInfo is neither 1 nor 3";
    if (version != outline.version) return "its versions of SignedData and SignerInfo do not go together";
  }
  for (const MessageSigner& signer : signers) {
    if ((signer.key_id == nullptr) != (outline.version == 1)) {
      return "its version of SignerInfo does not go with how it names its signer";
    }
  }
  return "";
}

/// One signed attribute of a signer, held against pkcs7_sig_note_authenticated_attr(); `seen` are the numbers before.
std::string fault_of_attribute(X509_ATTRIBUTE* attribute, std::vector<std::string>& seen) {
  const ASN1_OBJECT* object = X509_ATTRIBUTE_get0_object(attribute);
  const std::string number = number_text(object);
  if (std::find(kAuthenticodeOnly.begin(), kAuthenticodeOnly.end(), number) != kAuthenticodeOnly.end()) {
    return "it has the signed attribute " + algorithm_name(object) + ", which the kernel refuses";
  }
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_pkcs9_contentType && nid != NID_pkcs9_messageDigest && nid != NID_pkcs9_signingTime) return "";
  if (X509_ATTRIBUTE_count(attribute) != 1 || std::find(seen.begin(), seen.end(), number) != seen.end()) {
    return "its signed attribute " + algorithm_name(object) + " has not exactly one value";
  }
  seen.push_back(number);
  const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute, 0);
  const int type = value == nullptr ? V_ASN1_UNDEF : ASN1_TYPE_get(value);
  const void* object_value = X509_ATTRIBUTE_get0_data(attribute, 0, V_ASN1_OBJECT, nullptr);
  if (nid == NID_pkcs9_contentType &&
      (object_value == nullptr || OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(object_value)) != NID_pkcs7_data)) {
    return "its signed attribute contentType is not pkcs7-data";
  }
  if (nid == NID_pkcs9_messageDigest && type != V_ASN1_OCTET_STRING) return "its signed digest is no octet string";
  if (nid == NID_pkcs9_signingTime &&
      ((type != V_ASN1_UTCTIME && type != V_ASN1_GENERALIZEDTIME) ||
       !is_kernel_time(static_cast<const ASN1_TIME*>(X509_ATTRIBUTE_get0_data(attribute, 0, type, nullptr))))) {
    return "its signing time is no time";
  }
  return "";
}

std::string fault_of_attributes(const CMS_SignerInfo* info) {
  std::vector<std::string> seen;
  for (int i = 0; i < CMS_signed_get_attr_count(info); ++i) {
    if (std::string fault = fault_of_attribute(CMS_signed_get_attr(info, i), seen); !fault.empty()) return fault;
  }
  for (const int required : {NID_pkcs9_contentType, NID_pkcs9_messageDigest}) {
    if (CMS_signed_get_attr_by_NID(info, required, -1) < 0) {
      return "it has signed attributes without " + std::string(OBJ_nid2sn(required));
    }
  }
  return "";
}

}  // namespace

Pkcs7Message::Pkcs7Message(ByteSpan stored) {
  ERR_clear_error();
  const unsigned char* const begin = as_uchars(stored);
  const unsigned char* at = begin;
  if (stored.size() <= static_cast<std::size_t>(std::numeric_limits<long>::max())) {
    message_.reset(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(stored.size())));
  }
  if (!message_) {
    refusal_ = "it is not a PKCS#7 message: " + library_reason();
    return;
  }
  trailing_ = stored.size() - static_cast<std::size_t>(at - begin);
  if (OBJ_obj2nid(CMS_get0_type(message_.get())) != NID_pkcs7_signed) {
    refusal_ = "it is not a signed PKCS#7 message";
    return;
  }
  if (STACK_OF(X509)* list = CMS_get1_certs(message_.get())) {
    while (X509* certificate = sk_X509_shift(list)) certificates_.emplace_back(certificate);
    sk_X509_free(list);
  }
  find_signers(stored);
  refusal_ = find_fault();
  ERR_clear_error();
}

void Pkcs7Message::find_signers(ByteSpan stored) {
  const Outline outline = outline_of(stored);
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(message_.get());
  for (int i = 0; i < sk_CMS_SignerInfo_num(infos); ++i) {
    MessageSigner signer;
    signer.info = sk_CMS_SignerInfo_value(infos, i);
    CMS_SignerInfo_get0_signer_id(signer.info, &signer.key_id, &signer.issuer, &signer.serial);
    X509_ALGOR* digest = nullptr;
    X509_ALGOR* signature = nullptr;
    CMS_SignerInfo_get0_algs(signer.info, nullptr, nullptr, &digest, &signature);
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, digest);
    signer.digest_algorithm = algorithm_name(object);
    if (std::find(kDigests.begin(), kDigests.end(), OBJ_obj2nid(object)) != kDigests.end()) {
      signer.digest = EVP_get_digestbyobj(object);
    }
    X509_ALGOR_get0(&object, nullptr, nullptr, signature);
    const int nid = OBJ_obj2nid(object);
    if (nid == NID_rsaEncryption) signer.key_type = EVP_PKEY_RSA;
    if (std::find(kEcdsa.begin(), kEcdsa.end(), nid) != kEcdsa.end()) signer.key_type = EVP_PKEY_EC;
    signer.has_attributes = CMS_signed_get_attr_count(signer.info) >= 0;
    // By a key identifier pkcs7_find_key() finds no certificate in the message.
    for (const Certificate& certificate : certificates_) {
      if (signer.certificate != nullptr || !has_id(certificate.get(), signer.issuer, signer.serial)) continue;
      const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
      if (key != nullptr && EVP_PKEY_get_base_id(key) == signer.key_type) signer.certificate = certificate.get();
    }
    if (const auto at = static_cast<std::size_t>(i); at < outline.attributes.size())
      signer.attributes = outline.attributes[at];
    signers_.push_back(std::move(signer));
  }
}

std::string Pkcs7Message::find_fault() const {
  const Outline outline = outline_of(message_.get());
  if (std::string fault = fault_of_versions(outline, signers_); !fault.empty()) return fault;
  if (OBJ_obj2nid(CMS_get0_eContentType(message_.get())) != NID_pkcs7_data) return "its content is not pkcs7-data";
  if (CMS_is_detached(message_.get()) != 1) return "it carries content of its own";
  if (outline.odd_certificates) return "it holds certificates that are not of X.509";
  if (outline.revocation_lists) return "it holds revocation lists, which the kernel does not understand";
  for (const Certificate& certificate : certificates_) {
    const std::string why = why_not_loaded(certificate.get());
    if (why.empty()) continue;
    return "it holds a certificate (" + name_text(X509_get_subject_name(certificate.get())) +
           ") that the kernel cannot load: " + why;
  }
  if (signers_.empty()) return "it has no signer";
  for (const MessageSigner& signer : signers_) {
    if (signer.digest == nullptr) return "its digest algorithm " + signer.digest_algorithm + " is not supported";
    if (signer.key_type == 0) {
      X509_ALGOR* algorithm = nullptr;
      const ASN1_OBJECT* object = nullptr;
      CMS_SignerInfo_get0_algs(signer.info, nullptr, nullptr, nullptr, &algorithm);
      X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
      return "its signature algorithm " + algorithm_name(object) + " is not supported: it is neither RSA (PKCS#1 " +
             "v1.5, named rsaEncryption) nor ECDSA";
    }
    if (signer.has_attributes != signers_.front().has_attributes) {
      return "some of its signers have signed attributes, and some have none";
    }
    if (!signer.has_attributes) continue;
    if (signer.attributes.empty()) return "its signed attributes are not in DER";
    if (std::string fault = fault_of_attributes(signer.info); !fault.empty()) return fault;
  }
  return "";
}

}  // namespace coldread::verity
