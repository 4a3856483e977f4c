#pragma once

#include <openssl/x509.h>

#include <string>

namespace coldread::verity {

/// A distinguished name as RFC 2253 writes it, in UTF-8.
[[nodiscard]] std::string name_text(const X509_NAME* name);
/// A serial number in hex, two digits a byte; a negative one with "-".
[[nodiscard]] std::string serial_hex(const ASN1_INTEGER* serial);
/// A time as RFC 3339 writes it, in UTC; empty where it is none.
[[nodiscard]] std::string time_text(const ASN1_TIME* time);

/// True of a time that x509_decode_time() reads: UTCTime through 2049 and GeneralizedTime after, in seconds and UTC.
[[nodiscard]] bool is_kernel_time(const ASN1_TIME* time);

/// How the kernel compares names: byte by byte, as they are encoded.
[[nodiscard]] bool same_name(const X509_NAME* a, const X509_NAME* b);
/// True where the certificate has this issuer and serial number.
[[nodiscard]] bool has_id(const X509* certificate, const X509_NAME* issuer, const ASN1_INTEGER* serial);
/// True where the certificate's subject key identifier is `id` (null: never).
[[nodiscard]] bool has_key_id(X509* certificate, const ASN1_OCTET_STRING* id);

/// How a certificate names the one that issued it, and whether that is `other`
/// (crypto/asymmetric_keys/x509_cert_parser.c: the authority key identifier; x509_public_key.c).
enum class Authority {
  kOther,         ///< it is not
  kThis,          ///< issuer and serial number, or key identifier, of its authority key identifier are those of `other`
  kContradicted,  ///< issuer and serial number are, and the key identifier is another
  kByName,        ///< it has no authority key identifier, and the issuer's name is the subject of `other`
};
[[nodiscard]] Authority authority(X509* certificate, X509* other);

/// True where the certificate is its own authority.
[[nodiscard]] bool is_self_issued(X509* certificate);

/// Why the kernel cannot load a certificate (another algorithm of key or signature, a wrong signature over itself), in
/// a sentence's end; empty where it can.
[[nodiscard]] std::string why_not_loaded(X509* certificate);

}  // namespace coldread::verity
