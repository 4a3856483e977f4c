#include "core/verity/signature.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/little_endian.hpp"
#include "core/base/text.hpp"
#include "core/verity/pkcs7_message.hpp"
#include "core/verity/trusted_certificates.hpp"
#include "core/verity/x509_facts.hpp"

namespace coldread::verity {
namespace {

/// What built-in signatures are made over (fsverity.rst, "Built-in signature verification"), before the digest.
struct FormattedDigest {
  std::array<char, 8> magic{'F', 'S', 'V', 'e', 'r', 'i', 't', 'y'};
  Le16 digest_algorithm;
  Le16 digest_size;
};
static_assert(sizeof(FormattedDigest) == 12);

using MdContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
constexpr const char* kAnother = "it was made over another digest or by another key";

ByteSpan bytes_of_string(const ASN1_STRING* string) {
  return std::as_bytes(std::span<const unsigned char>(ASN1_STRING_get0_data(string),
                                                      static_cast<std::size_t>(ASN1_STRING_length(string))));
}

/// True where the signer's signature over its attributes, or over the content, is by the certificate's key.
bool has_signed(const MessageSigner& signer, X509* certificate, ByteSpan content) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_base_id(key) != signer.key_type) return false;
  // Of attributes, as they are stored, but with the tag of a SET (pkcs7_digest()).
  Bytes attributes(signer.attributes.begin(), signer.attributes.end());
  if (!attributes.empty()) attributes.front() = std::byte{V_ASN1_SET | V_ASN1_CONSTRUCTED};
  const ByteSpan signed_bytes = signer.has_attributes ? ByteSpan(attributes) : content;
  const ByteSpan signature = bytes_of_string(CMS_SignerInfo_get0_signature(signer.info));
  const MdContext context(EVP_MD_CTX_new());
  const bool verified = context && EVP_DigestVerifyInit(context.get(), nullptr, signer.digest, nullptr, key) == 1 &&
                        EVP_DigestVerify(context.get(), as_uchars(signature), signature.size(), as_uchars(signed_bytes),
                                         signed_bytes.size()) == 1;
  ERR_clear_error();
  return verified;
}

/// True where there are no signed attributes, or the digest among them is the content's.
bool attributes_hold(const MessageSigner& signer, ByteSpan content) {
  if (!signer.has_attributes) return true;
  const auto* stored = static_cast<const ASN1_OCTET_STRING*>(
      CMS_signed_get0_data_by_OBJ(signer.info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (stored == nullptr ||
      EVP_Digest(content.data(), content.size(), digest.data(), &size, signer.digest, nullptr) != 1) {
    return false;
  }
  const ByteSpan computed = std::as_bytes(std::span(digest).first(size));
  const ByteSpan claimed = bytes_of_string(stored);
  return std::equal(computed.begin(), computed.end(), claimed.begin(), claimed.end());
}

/// True where the time of signing, if it is signed, lies in the time of the certificate.
bool signed_in_time(const MessageSigner& signer, const X509* certificate) {
  const int at = CMS_signed_get_attr_by_NID(signer.info, NID_pkcs9_signingTime, -1);
  if (!signer.has_attributes || at < 0) return true;
  X509_ATTRIBUTE* attribute = CMS_signed_get_attr(signer.info, at);
  const int type = ASN1_TYPE_get(X509_ATTRIBUTE_get0_type(attribute, 0));
  const auto* time = static_cast<const ASN1_TIME*>(X509_ATTRIBUTE_get0_data(attribute, 0, type, nullptr));
  const int after_begin = ASN1_TIME_compare(time, X509_get0_notBefore(certificate));
  const int after_end = ASN1_TIME_compare(time, X509_get0_notAfter(certificate));
  return after_begin >= 0 && (after_end == 0 || after_end == -1);
}

/// True where a certificate names another as its issuer's. Where it has no authority key identifier the kernel takes
/// none; here, as in libcrypto, the issuer's name is enough, since the key is what decides.
bool is_authority(X509* certificate, X509* other) { return authority(certificate, other) != Authority::kOther; }

std::string verify_link(X509* certificate, X509* issuer) {
  const std::string which = "its certificate " + name_text(X509_get_subject_name(certificate));
  if (authority(certificate, issuer) == Authority::kContradicted) {
    return which + " names its issuer by two identifiers that contradict each other";
  }
  const bool verified = X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return verified ? "" : which + " is not signed by the key of its issuer's certificate";
}

/// One signer and the certificates above it in the message.
struct Chain {
  const MessageSigner* signer = nullptr;
  std::vector<X509*> certificates;  ///< from the signer's up; empty where the message does not hold it
  X509* anchor = nullptr;           ///< the trusted certificate by whose key all that was verified
  std::string fault;                ///< why the kernel refuses the message whatever others signed it
};

Chain chain_of(const Pkcs7Message& message, const MessageSigner& signer) {
  Chain chain{&signer, {}, nullptr, ""};
  for (X509* at = signer.certificate; at != nullptr;) {
    chain.certificates.push_back(at);
    X509* next = nullptr;
    std::string fault;
    for (const Certificate& other : message.certificates()) {
      if (is_self_issued(at) || !is_authority(at, other.get()) || (next != nullptr && fault.empty())) continue;
      std::string why = verify_link(at, other.get());
      if (next == nullptr || why.empty()) {
        next = other.get();
        fault = std::move(why);
      }
    }
    if (next == nullptr) break;
    if (std::find(chain.certificates.begin(), chain.certificates.end(), next) != chain.certificates.end()) break;
    chain.fault = std::move(fault);
    if (!chain.fault.empty()) break;
    at = next;
  }
  return chain;
}

std::string who(const MessageSigner& signer) {
  if (signer.key_id != nullptr) return "its signer (key identifier " + to_hex(bytes_of_string(signer.key_id)) + ")";
  return "its signer (issuer " + name_text(signer.issuer) + ", serial " + serial_hex(signer.serial) + ")";
}

/// What pkcs7_verify_one() makes of a signer, by the certificates of the message alone.
std::string fault_in_message(const Chain& chain, ByteSpan content) {
  const MessageSigner& signer = *chain.signer;
  if (!attributes_hold(signer, content)) return "it was made over another digest: the signed one is not the file's";
  if (signer.certificate == nullptr) return "";
  if (!signed_in_time(signer, signer.certificate)) {
    return "it was signed outside of the time of its signer's certificate";
  }
  if (!has_signed(signer, signer.certificate, content)) return std::string(kAnother) + ": " + who(signer);
  return chain.fault;
}

/// Why a trusted certificate's key did not make the signature of `below`, or (null) the signer's own; empty: it did.
std::string why_not_anchor(const MessageSigner& signer, X509* anchor, X509* below, ByteSpan content) {
  const std::string name = name_text(X509_get_subject_name(anchor));
  if (std::string why = why_not_loaded(anchor); !why.empty()) {
    return "the kernel could not load the certificate given for " + name + ": " + why;
  }
  if (below == nullptr) return has_signed(signer, anchor, content) ? "" : std::string(kAnother) + ": " + who(signer);
  if (authority(below, anchor) == Authority::kContradicted) return verify_link(below, anchor);
  const bool verified = X509_verify(below, X509_get0_pubkey(anchor)) == 1;
  ERR_clear_error();
  if (verified) return "";
  return "the certificate of " + name_text(X509_get_subject_name(below)) +
         " is not signed by the key of the given one of " + name;
}

/// Why libcrypto does not take a chain up to its anchor: of issuers that are no authorities, of constraints. No clock,
/// no purpose.
std::string why_no_chain(const Chain& chain) {
  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  const CertificateList between(sk_X509_new_null());
  if (!store || !context || !between || X509_STORE_add_cert(store.get(), chain.anchor) != 1) return library_reason();
  for (X509* certificate : chain.certificates) {
    if (sk_X509_push(between.get(), certificate) == 0) return library_reason();
  }
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_STORE_set_purpose(store.get(), X509_PURPOSE_ANY);
  X509* const leaf = chain.certificates.empty() ? chain.anchor : chain.certificates.front();
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf, between.get()) != 1) return library_reason();
  const bool taken = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (taken) return "";
  return "the chain of certificates to the given one of " + name_text(X509_get_subject_name(chain.anchor)) +
         " does not hold: " + X509_verify_cert_error_string(error);
}

/// Looks among the trusted certificates that `is_named` for the one by whose key `below`, or the signer, was signed.
/// The kernel takes the first that it finds; here each of several is tried, for no order of theirs means anything.
/// Nothing: none is named. Otherwise the chain has its anchor, or the text says why it has none.
template <class IsNamed>
std::optional<std::string> try_anchors(Chain& chain, const std::vector<Certificate>& trusted, X509* below,
                                       ByteSpan content, const IsNamed& is_named) {
  std::optional<std::string> first;
  for (const Certificate& known : trusted) {
    if (!is_named(known.get())) continue;
    std::string why = why_not_anchor(*chain.signer, known.get(), below, content);
    if (why.empty()) {
      chain.anchor = known.get();
      return "";
    }
    if (!first) first = std::move(why);
  }
  return first;
}

/// What pkcs7_validate_trust_one() makes of a signer: sets the anchor where it is trusted. Returns why the message is
/// refused, where a trusted certificate is named and its key did not sign.
std::string look_for_trust(Chain& chain, const std::vector<Certificate>& trusted, ByteSpan content) {
  const MessageSigner& signer = *chain.signer;
  X509* below = nullptr;
  for (std::size_t i = 0; i < chain.certificates.size(); ++i) {
    X509* const at = chain.certificates[i];
    const ASN1_OCTET_STRING* key_id = X509_get0_subject_key_id(at);
    const auto is_same = [&](X509* known) {
      return has_id(known, X509_get_issuer_name(at), X509_get0_serialNumber(at)) &&
             (key_id == nullptr || has_key_id(known, key_id));
    };
    if (auto why = try_anchors(chain, trusted, below, content, is_same)) {
      if (chain.anchor != nullptr) chain.certificates.resize(i);
      return *why;
    }
    if (is_self_issued(at)) return "";  // nobody is above it, and it is not known
    below = at;
  }
  const auto is_above = [&](X509* known) { return below != nullptr && is_authority(below, known); };
  if (auto why = try_anchors(chain, trusted, below, content, is_above)) return *why;
  const auto is_signer = [&](X509* known) {
    return signer.key_id != nullptr ? has_key_id(known, signer.key_id) : has_id(known, signer.issuer, signer.serial);
  };
  const auto why = try_anchors(chain, trusted, nullptr, content, is_signer);
  if (chain.anchor != nullptr) chain.certificates.clear();
  return why.value_or("");
}

Signer facts_of(const Chain& chain) {
  const MessageSigner& message = *chain.signer;
  Signer signer;
  signer.digest_algorithm = message.digest_algorithm;
  if (message.key_id != nullptr) signer.key_identifier = to_hex(bytes_of_string(message.key_id));
  std::vector<X509*> all = chain.certificates;
  if (chain.anchor != nullptr) all.push_back(chain.anchor);
  for (X509* certificate : all) signer.chain.push_back(name_text(X509_get_subject_name(certificate)));
  if (!all.empty()) {
    signer.subject = signer.chain.front();
    signer.not_before = time_text(X509_get0_notBefore(all.front()));
    signer.not_after = time_text(X509_get0_notAfter(all.front()));
    signer.issuer = name_text(X509_get_issuer_name(all.front()));
    signer.serial = serial_hex(X509_get0_serialNumber(all.front()));
  } else if (message.issuer != nullptr) {
    signer.issuer = name_text(message.issuer);
    signer.serial = serial_hex(message.serial);
  }
  return signer;
}

/// Why the message is invalid; empty where it is valid. The chains get their anchors.
std::string judge(std::vector<Chain>& chains, const std::vector<Certificate>& trusted, ByteSpan content) {
  for (const Chain& chain : chains) {
    if (std::string fault = fault_in_message(chain, content); !fault.empty()) return fault;
  }
  bool any = false;
  for (Chain& chain : chains) {
    if (std::string fault = look_for_trust(chain, trusted, content); !fault.empty()) return fault;
    if (chain.anchor == nullptr) continue;
    if (std::string fault = why_no_chain(chain); !fault.empty()) {
      chain.anchor = nullptr;
      return fault;
    }
    any = true;
  }
  if (any) return "";
  return who(*chains.front().signer) + " is none of the given certificates, and chains to none of them";
}

}  // namespace

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
  // Filled by copies: in an insertion g++ 12 sees an overflow that is not there.
  Bytes all(head.size() + digest.size());
  std::copy(head.begin(), head.end(), all.begin());
  std::copy(digest.begin(), digest.end(), all.begin() + sizeof(header));
  return all;
}

SignatureResult check_signature(const Descriptor& descriptor, ByteSpan file_digest, const TrustStore& trusted) {
  SignatureResult result;
  if (descriptor.signature.empty()) return result;
  result.status = trusted.empty() ? SignatureStatus::kUnchecked : SignatureStatus::kInvalid;

  const Pkcs7Message message(descriptor.signature);
  std::vector<Chain> chains;
  for (const MessageSigner& signer : message.signers()) chains.push_back(chain_of(message, signer));
  result.reason = message.refusal();
  if (message.trailing() != 0 && !message.signers().empty()) {
    result.note = "its signature ends " + std::to_string(message.trailing()) +
                  " bytes before the descriptor says; the kernel does not look at them";
  }
  if (result.reason.empty() && !trusted.empty()) {
    result.reason = judge(chains, trusted.certificates()->all, formatted_digest(descriptor.algorithm, file_digest));
    if (result.reason.empty()) result.status = SignatureStatus::kValid;
  }
  const auto anchored = std::find_if(chains.begin(), chains.end(), [](const Chain& chain) { return chain.anchor; });
  if (anchored != chains.end()) {
    result.signer = facts_of(*anchored);
  } else if (!chains.empty()) {
    result.signer = facts_of(chains.front());
  }
  return result;
}

}  // namespace coldread::verity
