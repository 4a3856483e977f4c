#include "core/verity/signature.hpp"

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "core/base/text.hpp"
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

using Generator = EVP_PKEY* (*)();
EVP_PKEY* p256() { return EVP_EC_gen("P-256"); }
EVP_PKEY* k256() { return EVP_EC_gen("secp256k1"); }
EVP_PKEY* rsa() { return EVP_RSA_gen(2048); }
EVP_PKEY* odd_rsa() { return EVP_RSA_gen(2560); }
EVP_PKEY* ed25519() { return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); }

using Extensions = std::vector<std::pair<int, const char*>>;
const Extensions kNoExtensions;
const Extensions kKeyIds{{NID_subject_key_identifier, "hash"}, {NID_authority_key_identifier, "keyid"}};
const Extensions kAuthority{{NID_subject_key_identifier, "hash"},
                            {NID_authority_key_identifier, "keyid"},
                            {NID_basic_constraints, "critical,CA:TRUE"}};

/// A key and a certificate for it, signed by `issuer` or by itself.
struct Identity {
  Key key;
  Certificate certificate{X509_new(), X509_free};

  explicit Identity(const char* name, const Identity* issuer = nullptr, long not_after = 3600,
                    const Extensions& extensions = kNoExtensions, Generator generate = p256)
      : key(generate(), EVP_PKEY_free) {
    X509* x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x), not_after);
    X509_set_pubkey(x, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, as_uchars(as_bytes(name)), -1, -1, 0);
    const Identity& above = issuer == nullptr ? *this : *issuer;
    X509_set_issuer_name(x, X509_get_subject_name(above.certificate.get()));
    for (const auto& [nid, value] : extensions) {
      X509V3_CTX context{};
      X509V3_set_ctx(&context, above.certificate.get(), x, nullptr, nullptr, 0);
      X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
      X509_add_ext(x, made, -1);
      X509_EXTENSION_free(made);
    }
    const bool hashes_itself = EVP_PKEY_is_a(above.key.get(), "ED25519") == 1;
    X509_sign(x, above.key.get(), hashes_itself ? nullptr : EVP_sha256());
  }

  [[nodiscard]] std::string pem() const {
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), certificate.get());
    return content_of(bio.get());
  }
  [[nodiscard]] std::string serial() const {
    const auto number = static_cast<std::byte>(ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get())));
    return to_hex(ByteSpan(&number, 1));
  }
};

const Bytes kDigest(32, std::byte{0xd1});

std::string content_for(ByteSpan digest) {
  return "FSVerity" + std::string("\x01\0\x20\0", 4) + std::string(as_chars(digest));
}

/// A PKCS#7 message that is not yet signed, to which signers are added.
struct Unsigned {
  std::unique_ptr<CMS_ContentInfo, void (*)(CMS_ContentInfo*)> message{
      CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_BINARY | CMS_DETACHED | CMS_PARTIAL), CMS_ContentInfo_free};

  CMS_SignerInfo* add(const Identity& signer, unsigned flags = CMS_NOATTR, const EVP_MD* digest = EVP_sha256()) const {
    return CMS_add1_signer(message.get(), signer.certificate.get(), signer.key.get(), digest, flags);
  }
  [[nodiscard]] Bytes sign(ByteSpan digest = kDigest) const {
    const std::string content = content_for(digest);
    const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())), BIO_free);
    CMS_final(message.get(), in.get(), nullptr, CMS_BINARY | CMS_DETACHED);
    const Bio out(BIO_new(BIO_s_mem()), BIO_free);
    i2d_CMS_bio(out.get(), message.get());
    return ByteView(as_bytes(content_of(out.get()))).copy();
  }
};

/// A signature over a file digest as fsverity(1) makes it; `flags` are further ones, `more` are certificates beside.
Bytes sign(const Identity& signer, ByteSpan digest, unsigned flags = CMS_NOCERTS | CMS_DETACHED,
           const std::vector<const Identity*>& more = {}) {
  const std::string content = content_for(digest);
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())), BIO_free);
  const std::unique_ptr<CMS_ContentInfo, void (*)(CMS_ContentInfo*)> message(
      CMS_sign(signer.certificate.get(), signer.key.get(), nullptr, in.get(), CMS_BINARY | CMS_NOATTR | flags),
      CMS_ContentInfo_free);
  for (const Identity* other : more) CMS_add1_cert(message.get(), other->certificate.get());
  const Bio out(BIO_new(BIO_s_mem()), BIO_free);
  i2d_CMS_bio(out.get(), message.get());
  return ByteView(as_bytes(content_of(out.get()))).copy();
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
  if (result.status != SignatureStatus::kUnchecked) {
    BOOST_TEST(result.reason.empty() == (result.status != SignatureStatus::kInvalid));
  }
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
  const Identity root("root", nullptr, 3600, {{NID_basic_constraints, "CA:TRUE"}});
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
  const Identity other_use("other use", nullptr, 3600, {{NID_key_usage, "keyEncipherment"}});
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
  BOOST_TEST(check(Bytes(100), trusted).reason.find("it is not a PKCS#7 message: ") == 0u);
  BOOST_TEST(check(Bytes(good.begin(), good.end() - 1), trusted).reason.find("it is not a PKCS#7 message: ") == 0u);
  BOOST_TEST(check(sign(signer, kDigest, CMS_NOCERTS), trusted).reason == "it carries content of its own");
  const Identity root("root", nullptr, 3600, kAuthority);
  const Identity middle("middle", &root, 3600, kAuthority);
  Unsigned with_all;
  with_all.add(Identity("leaf", &middle, 3600, kKeyIds), CMS_NOSMIMECAP);
  with_all.add(signer, CMS_NOSMIMECAP);
  CMS_add1_cert(with_all.message.get(), middle.certificate.get());
  const TrustStore both = trust({&root, &signer});
  const Bytes whole = with_all.sign();
  BOOST_CHECK(status(whole, both) == SignatureStatus::kValid);
  for (const Bytes& message : {good, whole}) {
    for (std::size_t i = 0; i < message.size(); ++i) {
      for (const std::byte bits : {std::byte{1}, std::byte{0x20}, std::byte{0xff}}) {
        Bytes changed = message;
        changed[i] ^= bits;
        (void)check(changed, both);
        (void)check(changed, TrustStore());
      }
      (void)check(Bytes(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(i)), both);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_chain_of_certificates_in_the_message_is_enforced_and_told) {
  const Identity root("root", nullptr, 3600, kAuthority);
  const Identity middle("middle", &root, 3600, kAuthority);
  const Identity signer("signer, \xc3\xa4", &middle, -3600, kKeyIds);
  const Identity other("other", nullptr, 3600, kKeyIds);
  const Bytes whole = sign(signer, kDigest, CMS_DETACHED, {&middle});
  const auto result = check(whole, trust({&other, &root}));
  BOOST_CHECK(result.status == SignatureStatus::kValid);
  BOOST_REQUIRE(result.signer);
  BOOST_TEST(result.signer->subject == "CN=signer\\, \xc3\xa4");
  BOOST_TEST(result.signer->issuer == "CN=middle");
  BOOST_TEST(result.signer->serial == signer.serial());
  BOOST_TEST(result.signer->digest_algorithm == "sha256");
  BOOST_TEST((result.signer->chain == std::vector<std::string>{"CN=signer\\, \xc3\xa4", "CN=middle", "CN=root"}));
  BOOST_TEST(result.signer->not_before.size() == 20u);
  BOOST_TEST(result.signer->not_before < result.signer->not_after);  // which is past; the clock decides nothing

  const auto by_middle = check(whole, trust({&middle}));
  BOOST_CHECK(by_middle.status == SignatureStatus::kValid);
  BOOST_TEST(by_middle.signer->chain.size() == 2u);
  BOOST_TEST(check(whole, trust({&signer})).signer->chain.size() == 1u);
  BOOST_CHECK(status(sign(signer, kDigest, CMS_DETACHED), trust({&root})) == SignatureStatus::kInvalid);

  const auto unknown = check(whole, trust({&other}));
  BOOST_TEST(unknown.reason == "its signer (issuer CN=middle, serial " + signer.serial() +
                                   ") is none of the given certificates, and chains to none of them");
  BOOST_TEST((unknown.signer->chain == std::vector<std::string>{"CN=signer\\, \xc3\xa4", "CN=middle"}));

  // Of several with one name, the one whose key it was decides, in whatever order they come.
  const Identity old_root("root");
  const Identity under("under", &root);
  BOOST_CHECK(status(sign(under, kDigest, CMS_DETACHED), trust({&old_root, &root})) == SignatureStatus::kValid);
  // Whoever has a certificate of the root is no authority by that.
  const Identity user("user", &root, 3600, kKeyIds);
  const Identity guest("guest", &user, 3600, kKeyIds);
  for (const Identity* anchor : {&root, &user}) {
    BOOST_TEST(
        check(sign(guest, kDigest, CMS_DETACHED, {&user}), trust({anchor})).reason.find("does not hold: invalid CA") !=
        std::string::npos);
  }
  // Identifiers of keys are not needed.
  const Extensions named{{NID_basic_constraints, "critical,CA:TRUE"}};
  const Identity plain_middle("middle", &root, 3600, named);
  const Identity plain("plain", &plain_middle);
  BOOST_CHECK(status(sign(plain, kDigest, CMS_DETACHED, {&plain_middle}), trust({&root})) == SignatureStatus::kValid);
  // A certificate that claims to be issued by the root, and is not.
  const Identity false_root("root", nullptr, 3600, kAuthority);
  const Identity forged("signer", &false_root);
  BOOST_TEST(check(sign(forged, kDigest, CMS_DETACHED), trust({&root})).reason ==
             "the certificate of CN=signer is not signed by the key of the given one of CN=root");
}

BOOST_AUTO_TEST_CASE(the_signer_is_told_as_claimed_where_nothing_is_checked) {
  const Identity signer("signer");
  const auto bare = check(sign(signer, kDigest), TrustStore());
  BOOST_CHECK(bare.status == SignatureStatus::kUnchecked);
  BOOST_TEST(bare.reason.empty());
  BOOST_TEST(bare.signer->issuer == "CN=signer");
  BOOST_TEST(bare.signer->serial == signer.serial());
  BOOST_TEST(bare.signer->digest_algorithm == "sha256");
  BOOST_TEST(bare.signer->subject.empty());
  BOOST_TEST(bare.signer->chain.empty());
  const auto whole = check(sign(signer, Bytes(32), CMS_DETACHED), TrustStore());
  BOOST_TEST(whole.signer->subject == "CN=signer");
  BOOST_TEST(whole.signer->not_after.back() == 'Z');
  const auto broken = check(Bytes(5), TrustStore());
  BOOST_TEST(broken.reason.find("it is not a PKCS#7 message: ") == 0u);
  BOOST_TEST(!broken.signer);
}

BOOST_AUTO_TEST_CASE(another_digest_and_another_key_are_told) {
  const Identity signer("signer");
  const std::string who = ": its signer (issuer CN=signer, serial " + signer.serial() + ")";
  const std::string why = "it was made over another digest or by another key" + who;
  BOOST_TEST(check(sign(signer, Bytes(32)), trust({&signer})).reason == why);
  BOOST_TEST(check(sign(signer, Bytes(32), CMS_DETACHED), trust({&signer})).reason == why);
  // Signed attributes hold the digest itself.
  Unsigned message;
  message.add(signer, CMS_NOSMIMECAP);
  BOOST_TEST(check(message.sign(Bytes(32)), trust({&signer})).reason ==
             "it was made over another digest: the signed one is not the file's");
}

BOOST_AUTO_TEST_CASE(keys_are_those_that_the_kernel_takes) {
  const Identity good_rsa("rsa", nullptr, 3600, {}, rsa);
  BOOST_CHECK(status(sign(good_rsa, kDigest), trust({&good_rsa})) == SignatureStatus::kValid);
  BOOST_TEST(check(sign(good_rsa, Bytes(32)), trust({&good_rsa})).reason.find("it was made over another digest") == 0u);
  const Identity size("rsa", nullptr, 3600, {}, odd_rsa);
  BOOST_TEST(check(sign(size, kDigest), trust({&size})).reason.find("its RSA key has 2560 bits") != std::string::npos);
  const Identity curve("curve", nullptr, 3600, {}, k256);
  BOOST_TEST(check(sign(curve, kDigest), trust({&curve})).reason.find("its elliptic curve is none of") !=
             std::string::npos);

  Unsigned pss;
  CMS_SignerInfo* info = pss.add(good_rsa, CMS_NOATTR | CMS_KEY_PARAM);
  EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(info), RSA_PKCS1_PSS_PADDING);
  BOOST_TEST(
      check(pss.sign(), trust({&good_rsa})).reason ==
      "its signature algorithm rsassa-pss is not supported: it is neither RSA (PKCS#1 v1.5, named rsaEncryption) "
      "nor ECDSA");
  // A certificate for Ed25519 that a message holds spoils it, whoever signed it.
  const Identity signer("signer");
  const Identity edwards("edwards", nullptr, 3600, {}, ed25519);
  BOOST_TEST(check(sign(signer, kDigest, CMS_DETACHED, {&edwards}), trust({&signer}))
                 .reason.find("it holds a certificate (CN=edwards) that the kernel cannot load: it is signed with "
                              "ED25519") == 0u);
}

BOOST_AUTO_TEST_CASE(digests_are_those_that_the_kernel_takes) {
  const Identity signer("signer");
  for (const EVP_MD* digest : {EVP_sha1(), EVP_sha224(), EVP_sha512()}) {
    Unsigned message;
    message.add(signer, CMS_NOATTR, digest);
    BOOST_TEST(check(message.sign(), trust({&signer})).reason == "");
  }
  const Identity rsa_signer("rsa", nullptr, 3600, {}, rsa);
  Unsigned message;
  message.add(rsa_signer, CMS_NOATTR, EVP_md5());
  BOOST_TEST(check(message.sign(), trust({&rsa_signer})).reason == "its digest algorithm md5 is not supported");
}

BOOST_AUTO_TEST_CASE(signed_attributes_are_those_that_the_kernel_takes) {
  const Identity signer("signer");
  const TrustStore trusted = trust({&signer});
  Unsigned good;
  good.add(signer, CMS_NOSMIMECAP);  // type, digest and time
  BOOST_CHECK(status(good.sign(), trusted) == SignatureStatus::kValid);
  const Identity rsa_signer("rsa", nullptr, 3600, {}, rsa);
  Unsigned with_rsa;
  with_rsa.add(rsa_signer, CMS_NOSMIMECAP, EVP_sha512());
  BOOST_CHECK(status(with_rsa.sign(), trust({&rsa_signer})) == SignatureStatus::kValid);
  Unsigned smime;
  smime.add(signer, 0);
  BOOST_TEST(check(smime.sign(), trusted).reason == "it has the signed attribute smime-caps, which the kernel refuses");
  // The time of signing is held against the certificate, where the message has it.
  const Identity expired("expired", nullptr, -3600);
  Unsigned late;
  late.add(expired, CMS_NOSMIMECAP);
  BOOST_TEST(check(late.sign(), trust({&expired})).reason ==
             "it was signed outside of the time of its signer's certificate");
  Unsigned mixed;
  mixed.add(signer, CMS_NOSMIMECAP);
  mixed.add(expired);
  BOOST_TEST(check(mixed.sign(), trusted).reason == "some of its signers have signed attributes, and some have none");
}

BOOST_AUTO_TEST_CASE(of_several_signers_one_must_be_trusted_and_none_wrong) {
  const Identity one("one");
  const Identity two("two");
  const Identity other("other");
  Unsigned message;
  message.add(one);
  message.add(two);
  const Bytes both = message.sign();
  BOOST_CHECK(status(both, trust({&one})) == SignatureStatus::kValid);
  BOOST_TEST(check(both, trust({&two})).signer->subject == "CN=two");
  BOOST_CHECK(status(both, trust({&other})) == SignatureStatus::kInvalid);
  Unsigned none;
  BOOST_TEST(check(none.sign(), trust({&one})).reason == "it has no signer");
  // One of them signed another digest: its r or s ends in another byte.
  Bytes spoilt = both;
  spoilt.back() ^= std::byte{1};
  BOOST_TEST(check(spoilt, trust({&one, &two})).reason.find("it was made over another digest or by another key") == 0u);
}

BOOST_AUTO_TEST_CASE(a_signer_named_by_its_key_must_itself_be_trusted) {
  const Identity root("root", nullptr, 3600, kAuthority);
  const Identity signer("signer", &root, 3600, kKeyIds);
  Unsigned message;
  message.add(signer, CMS_NOATTR | CMS_USE_KEYID);
  const Bytes signature = message.sign();
  const auto result = check(signature, trust({&signer}));
  BOOST_CHECK(result.status == SignatureStatus::kValid);
  BOOST_TEST(result.signer->key_identifier.size() == 40u);
  BOOST_TEST(result.signer->subject == "CN=signer");
  BOOST_TEST(check(signature, trust({&root})).reason.find("its signer (key identifier ") == 0u);
}

BOOST_AUTO_TEST_CASE(versions_and_types_are_those_that_the_kernel_takes) {
  const Identity signer("signer");
  const TrustStore trusted = trust({&signer});
  const Bytes good = sign(signer, kDigest);
  const auto changed = [&](std::string_view from, std::string_view to, std::size_t nth = 0) {
    std::string text(as_chars(good));
    std::size_t at = text.find(from);
    for (; nth > 0; --nth) at = text.find(from, at + 1);
    return check(ByteView(as_bytes(text.replace(at, to.size(), to))).copy(), trusted).reason;
  };
  const std::string_view one("\x02\x01\x01", 3);
  BOOST_TEST(changed(one, "\x02\x01\x02") == "its version of SignedData is neither 1 nor 3");
  BOOST_TEST(changed(one, "\x02\x01\x03") == "its versions of SignedData and SignerInfo do not go together");
  BOOST_TEST(changed(one, "\x02\x01\x02", 1) == "its version of SignerInfo is neither 1 nor 3");
  // pkcs7-data becomes pkcs7-encryptedData, signedData envelopedData.
  const std::string_view data("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9);
  BOOST_TEST(changed(data, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06") == "its content is not pkcs7-data");
  Bytes longer = good;
  longer.resize(good.size() + 7);
  const auto result = check(longer, trusted);
  BOOST_CHECK(result.status == SignatureStatus::kValid);
  BOOST_TEST(result.note.find("7 bytes") != std::string::npos);
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
