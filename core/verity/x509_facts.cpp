#include "core/verity/x509_facts.hpp"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <string_view>

#include "core/base/text.hpp"
#include "core/verity/openssl_handles.hpp"

namespace coldread::verity {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size <= 0 ? "" : std::string(data, static_cast<std::size_t>(size));
}

/// The signatures under certificates that x509_note_sig_algo() of crypto/asymmetric_keys/x509_cert_parser.c knows and
/// libcrypto can check.
constexpr std::array kCertificateSignatures{NID_sha1WithRSAEncryption,
                                            NID_sha224WithRSAEncryption,
                                            NID_sha256WithRSAEncryption,
                                            NID_sha384WithRSAEncryption,
                                            NID_sha512WithRSAEncryption,
                                            NID_RSA_SHA3_256,
                                            NID_RSA_SHA3_384,
                                            NID_RSA_SHA3_512,
                                            NID_ecdsa_with_SHA1,
                                            NID_ecdsa_with_SHA224,
                                            NID_ecdsa_with_SHA256,
                                            NID_ecdsa_with_SHA384,
                                            NID_ecdsa_with_SHA512,
                                            NID_ecdsa_with_SHA3_256,
                                            NID_ecdsa_with_SHA3_384,
                                            NID_ecdsa_with_SHA3_512};

/// The curves that crypto/ecdsa.c has.
constexpr std::array kCurves{"prime192v1", "prime256v1", "secp384r1", "secp521r1"};

/// The sizes of RSA moduli that crypto/rsa.c takes, in bits, rounded up to 64.
constexpr std::array kRsaBits{512, 1024, 1536, 2048, 3072, 4096};

std::string algorithm_text(int nid) {
  const char* name = nid == NID_undef ? nullptr : OBJ_nid2ln(nid);
  return name == nullptr ? "an unknown algorithm" : name;
}

/// True where the certificate names its key's curve; parameters that spell it out the kernel does not read.
bool names_its_curve(const X509* certificate) {
  X509_ALGOR* algorithm = nullptr;
  int type = V_ASN1_UNDEF;
  X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &algorithm, X509_get_X509_PUBKEY(certificate));
  X509_ALGOR_get0(nullptr, &type, nullptr, algorithm);
  return type == V_ASN1_OBJECT;
}

std::string why_not_used(const X509* certificate, const EVP_PKEY* key) {
  if (key == nullptr) return "its public key is broken";
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA) {
    const int bits = (EVP_PKEY_get_bits(key) + 63) / 64 * 64;
    if (std::find(kRsaBits.begin(), kRsaBits.end(), bits) != kRsaBits.end()) return "";
    return "its RSA key has " + std::to_string(EVP_PKEY_get_bits(key)) + " bits, a size that the kernel refuses";
  }
  if (type != EVP_PKEY_EC) return "its key is of " + algorithm_text(type) + ", not of RSA or ECDSA";
  std::array<char, 80> curve{};
  std::size_t length = 0;
  if (names_its_curve(certificate) && EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &length) == 1 &&
      std::find(kCurves.begin(), kCurves.end(), std::string_view(curve.data(), length)) != kCurves.end()) {
    return "";
  }
  return "its elliptic curve is none of P-192, P-256, P-384 and P-521";
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  constexpr unsigned long kEscaped = XN_FLAG_RFC2253;
  constexpr unsigned long kText = kEscaped & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  for (const unsigned long flags : {kText, kEscaped | ASN1_STRFLGS_DUMP_ALL}) {
    const Bio bio(BIO_new(BIO_s_mem()));
    if (bio && X509_NAME_print_ex(bio.get(), name, 0, flags) >= 0) {
      std::string text = text_of(bio.get());
      if (is_utf8(text)) return text;
    }
  }
  ERR_clear_error();
  return "";
}

std::string serial_hex(const ASN1_INTEGER* serial) {
  const int size = ASN1_STRING_length(serial);
  if (size <= 0) return "";
  const auto* bytes = ASN1_STRING_get0_data(serial);
  std::string text = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0 ? "-" : "";
  return text + to_hex(std::as_bytes(std::span<const unsigned char>(bytes, static_cast<std::size_t>(size))));
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "";
  const std::string year = std::to_string(parts.tm_year + 1900);
  const std::size_t size = std::strftime(text.data(), text.size(), "-%m-%dT%H:%M:%SZ", &parts);
  return std::string(year.size() < 4 ? 4 - year.size() : 0, '0') + year + std::string(text.data(), size);
}

bool is_kernel_time(const ASN1_TIME* time) {
  std::tm parts{};
  const bool is_utc = time != nullptr && ASN1_STRING_type(time) == V_ASN1_UTCTIME;
  if (time == nullptr || ASN1_STRING_length(time) != (is_utc ? 13 : 15) || ASN1_TIME_to_tm(time, &parts) != 1)
    return false;
  const int year = parts.tm_year + 1900;
  return ASN1_STRING_get0_data(time)[is_utc ? 12 : 14] == 'Z' && year >= 1970 && (is_utc || year > 2049);
}

bool same_name(const X509_NAME* a, const X509_NAME* b) {
  const unsigned char* bytes_a = nullptr;
  const unsigned char* bytes_b = nullptr;
  std::size_t size_a = 0;
  std::size_t size_b = 0;
  if (a == nullptr || b == nullptr || X509_NAME_get0_der(a, &bytes_a, &size_a) != 1 ||
      X509_NAME_get0_der(b, &bytes_b, &size_b) != 1) {
    return false;
  }
  return size_a == size_b && std::memcmp(bytes_a, bytes_b, size_a) == 0;
}

bool has_id(const X509* certificate, const X509_NAME* issuer, const ASN1_INTEGER* serial) {
  return serial != nullptr && ASN1_INTEGER_cmp(X509_get0_serialNumber(certificate), serial) == 0 &&
         same_name(X509_get_issuer_name(certificate), issuer);
}

bool has_key_id(X509* certificate, const ASN1_OCTET_STRING* id) {
  const ASN1_OCTET_STRING* own = X509_get0_subject_key_id(certificate);
  return own != nullptr && id != nullptr && ASN1_OCTET_STRING_cmp(own, id) == 0;
}

Authority authority(X509* certificate, X509* other) {
  const ASN1_OCTET_STRING* key_id = X509_get0_authority_key_id(certificate);
  const GENERAL_NAMES* names = X509_get0_authority_issuer(certificate);
  const ASN1_INTEGER* serial = X509_get0_authority_serial(certificate);
  const GENERAL_NAME* name = sk_GENERAL_NAME_num(names) > 0 ? sk_GENERAL_NAME_value(names, 0) : nullptr;
  int type = 0;
  const void* value = name == nullptr ? nullptr : GENERAL_NAME_get0_value(name, &type);
  if (value != nullptr && type == GEN_DIRNAME && serial != nullptr) {
    if (!has_id(other, static_cast<const X509_NAME*>(value), serial)) return Authority::kOther;
    return key_id == nullptr || has_key_id(other, key_id) ? Authority::kThis : Authority::kContradicted;
  }
  if (key_id != nullptr) return has_key_id(other, key_id) ? Authority::kThis : Authority::kOther;
  return same_name(X509_get_issuer_name(certificate), X509_get_subject_name(other)) ? Authority::kByName
                                                                                    : Authority::kOther;
}

bool is_self_issued(X509* certificate) {
  return same_name(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) &&
         authority(certificate, certificate) != Authority::kOther;
}

std::string why_not_loaded(X509* certificate) {
  const int signature = X509_get_signature_nid(certificate);
  if (std::find(kCertificateSignatures.begin(), kCertificateSignatures.end(), signature) ==
      kCertificateSignatures.end()) {
    return "it is signed with " + algorithm_text(signature) + ", not with RSA (PKCS#1 v1.5) or ECDSA";
  }
  if (!is_kernel_time(X509_get0_notBefore(certificate)) || !is_kernel_time(X509_get0_notAfter(certificate))) {
    return "its times are not as X.509 writes them";
  }
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (std::string why = why_not_used(certificate, key); !why.empty()) return why;
  if (!is_self_issued(certificate)) return "";
  const bool verified = X509_verify(certificate, key) == 1;
  ERR_clear_error();
  return verified ? "" : "it is issued by itself, and its signature is wrong";
}

}  // namespace coldread::verity
