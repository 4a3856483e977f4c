#include "core/verity/signature.hpp"

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "tests/support/temp_dir.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::SignatureStatus;
using verity::TrustStore;

BOOST_AUTO_TEST_SUITE(verity_signature)

namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;
using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A key and a certificate for it, signed by `issuer` or by itself.
struct Identity {
  Key key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  Certificate certificate{X509_new(), X509_free};

  /// `extension` is one of X.509, by its number, with its value.
  explicit Identity(const char* name, const Identity* issuer = nullptr, long not_after = 3600,
                    std::pair<int, const char*> extension = {}) {
    X509* x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x), not_after);
    X509_set_pubkey(x, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, as_uchars(as_bytes(name)), -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer == nullptr ? x : issuer->certificate.get()));
    if (extension.second != nullptr) {
      X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, nullptr, extension.first, extension.second);
      X509_add_ext(x, made, -1);
      X509_EXTENSION_free(made);
    }
    X509_sign(x, (issuer == nullptr ? *this : *issuer).key.get(), EVP_sha256());
  }

  [[nodiscard]] std::string pem() const {
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), certificate.get());
    return content_of(bio.get());
  }
};

const Bytes kDigest(32, std::byte{0xd1});

/// A signature over a file digest as fsverity(1) makes it; `flags` are further ones.
Bytes sign(const Identity& signer, ByteSpan digest, unsigned flags = CMS_NOCERTS | CMS_DETACHED) {
  std::string content = "FSVerity";
  content += std::string("\x01\0\x20\0", 4);
  content += as_chars(digest);
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())), BIO_free);
  const std::unique_ptr<CMS_ContentInfo, void (*)(CMS_ContentInfo*)> message(
      CMS_sign(signer.certificate.get(), signer.key.get(), nullptr, in.get(), CMS_BINARY | CMS_NOATTR | flags),
      CMS_ContentInfo_free);
  const Bio out(BIO_new(BIO_s_mem()), BIO_free);
  i2d_CMS_bio(out.get(), message.get());
  const std::string der = content_of(out.get());
  return {as_bytes(der).begin(), as_bytes(der).end()};
}

TrustStore trust(const std::vector<const Identity*>& identities) {
  const test::TempDir dir;
  std::string all;
  for (const Identity* identity : identities) all += "A comment.\n" + identity->pem();
  test::write_text(dir / "pem", all);
  return std::move(TrustStore::load({dir / "pem"}).value());
}

verity::SignatureResult check(Bytes signature, const TrustStore& trusted, ByteSpan digest = kDigest) {
  verity::Descriptor descriptor;
  descriptor.signature = std::move(signature);
  return verity::check_signature(descriptor, digest, trusted);
}

SignatureStatus status(Bytes signature, const TrustStore& trusted) {
  const auto result = check(std::move(signature), trusted);
  BOOST_TEST(result.reason.empty() == (result.status != SignatureStatus::kInvalid));
  return result.status;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_signature_or_certificates_nothing_is_claimed) {
  const Identity signer("signer");
  BOOST_CHECK(status({}, TrustStore()) == SignatureStatus::kAbsent);
  BOOST_CHECK(status({}, trust({&signer})) == SignatureStatus::kAbsent);
  BOOST_CHECK(status(sign(signer, kDigest), TrustStore()) == SignatureStatus::kUnchecked);
  BOOST_CHECK(status(Bytes(5), TrustStore()) == SignatureStatus::kUnchecked);
  BOOST_TEST(TrustStore().empty());
  BOOST_TEST(TrustStore::load({})->empty());
  BOOST_TEST(!trust({&signer}).empty());
}

BOOST_AUTO_TEST_CASE(a_trusted_signer_need_not_be_in_the_message) {
  const Identity signer("signer");
  const Identity other("other");
  BOOST_CHECK(status(sign(signer, kDigest), trust({&signer})) == SignatureStatus::kValid);
  BOOST_CHECK(status(sign(signer, kDigest), trust({&other, &signer})) == SignatureStatus::kValid);
  BOOST_CHECK(status(sign(signer, kDigest, CMS_DETACHED), trust({&signer})) == SignatureStatus::kValid);
}

BOOST_AUTO_TEST_CASE(a_signer_may_chain_to_a_trusted_certificate) {
  const Identity root("root", nullptr, 3600, {NID_basic_constraints, "CA:TRUE"});
  const Identity signer("signer", &root);
  BOOST_CHECK(status(sign(signer, kDigest, CMS_DETACHED), trust({&root})) == SignatureStatus::kValid);
  // The end of a chain is trusted by itself, without the certificates above it.
  BOOST_CHECK(status(sign(signer, kDigest), trust({&signer})) == SignatureStatus::kValid);
  // Nowhere is the signer's own certificate.
  BOOST_CHECK(status(sign(signer, kDigest), trust({&root})) == SignatureStatus::kInvalid);
}

BOOST_AUTO_TEST_CASE(neither_the_clock_nor_a_key_usage_decides) {
  const Identity expired("expired", nullptr, -3600);
  BOOST_CHECK(status(sign(expired, kDigest), trust({&expired})) == SignatureStatus::kValid);
  const Identity other_use("other use", nullptr, 3600, {NID_key_usage, "keyEncipherment"});
  BOOST_CHECK(status(sign(other_use, kDigest), trust({&other_use})) == SignatureStatus::kValid);
}

BOOST_AUTO_TEST_CASE(what_is_not_signed_by_a_trusted_key_is_invalid) {
  const Identity signer("signer");
  const Identity other("other");
  const Identity namesake("signer");
  BOOST_CHECK(status(sign(signer, kDigest), trust({&other})) == SignatureStatus::kInvalid);
  BOOST_CHECK(status(sign(signer, kDigest), trust({&namesake})) == SignatureStatus::kInvalid);
  BOOST_CHECK(status(sign(signer, kDigest, CMS_DETACHED), trust({&other})) == SignatureStatus::kInvalid);
  BOOST_CHECK(status(sign(signer, Bytes(32)), trust({&signer})) == SignatureStatus::kInvalid);
}

BOOST_AUTO_TEST_CASE(malformed_messages_are_invalid_with_a_reason) {
  const Identity signer("signer");
  const TrustStore trusted = trust({&signer});
  const Bytes good = sign(signer, kDigest);
  BOOST_TEST(check(Bytes(100), trusted).reason.find("the signature is no PKCS#7 message: ") == 0u);
  BOOST_TEST(check(Bytes(good.begin(), good.end() - 1), trusted).reason.find("the signature is no PKCS#7") == 0u);
  BOOST_TEST(check(sign(signer, kDigest, CMS_NOCERTS), trusted).reason ==
             "the PKCS#7 message carries content of its own");
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] ^= std::byte{1};
    (void)check(changed, trusted);
  }
}

BOOST_AUTO_TEST_CASE(certificates_that_cannot_be_read_are_named) {
  const test::TempDir dir;
  const auto error = [&](const std::string& content) {
    test::write_text(dir / "pem", content);
    return TrustStore::load({dir / "pem"}).error();
  };
  BOOST_CHECK(TrustStore::load({dir / "missing"}).error().kind == ErrorKind::kNotFound);
  BOOST_CHECK(error("").kind == ErrorKind::kUsage);
  BOOST_TEST(error("no certificate").message() == (dir / "pem") + ": holds no PEM certificate");
  const std::string good = Identity("signer").pem();
  std::string broken = good;
  broken.replace(broken.find('\n') + 1, 8, "AAAAAAAA");
  BOOST_TEST(error(good + broken).what.find("holds a broken certificate: ") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
