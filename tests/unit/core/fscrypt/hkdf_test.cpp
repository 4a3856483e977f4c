#include "core/fscrypt/hkdf.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_hkdf)

namespace {

std::string derive(const char* key, const char* salt, const char* info, std::size_t length) {
  const auto derived = fscrypt::hkdf_sha512(hex(key), hex(salt), hex(info), length);
  return derived ? to_hex(derived->view()) : derived.error().what;
}

}  // namespace

// Project Wycheproof, hkdf_sha512_test.json, cases 3, 6, 9 and 20.
BOOST_AUTO_TEST_CASE(wycheproof_vectors) {
  BOOST_TEST(derive("d4dcb92a769f57c8bab8a420ee0aa351", "", "", 64) ==
             "a8420281c08c5f087c9d54d5660847805b0fff2d6257f02bf849badfa8a29bee"
             "84ebe704a6eadc0beba0c33805d5843e167b1966aeba6a15b0f1f7b3db8c407a");
  BOOST_TEST(derive("5b01b2da3166f217cdd68de8af60078f", "", "6884cfa7ffe8f27bf4ebc6e46a7e01488c79243a", 64) ==
             "01e10d4c477c906d4f67105e4a8054bd2e9479d726166893fcf77b5df431ad00"
             "7c0ae42847d3706a770a5e468783c9519804be63a404112dcd4ecea952952b73");
  BOOST_TEST(derive("08867e76311126089356623ba5381e73", "0c164c443edcdfaedb1ab150f047951f", "", 64) ==
             "098d9f9e0e0c609b94e8aa57b0449cdb3929605f821cda305e4d93746553a40a"
             "1e4c97565183e116511c3dc5d9d56561c698849a114692c8128b5d3c1cd728f7");
  BOOST_TEST(derive("34bae5a158c1678aa76a744417a70d7a",
                    "1532075f363e061133780ac959bf653c7687d181b9431215d6f62dd2f1ec3019"
                    "d61c50fa82c70ae25e624c849a276b0c57d7c02a4d753fe84a1a6621e9a5ef01",
                    "87ec30aa53acfc3d09ccc1d57d654fdbce403cd4",
                    42) == "65f5385dab06d375033a6a25926ef4bf5dc660737ab8ccef370af10cc9dcd7743cf273fd048f64b7301e");
}

// Each context, of the key 00 01 .. 3f: computed with Python's hmac, HKDF spelt out after RFC 5869. The nonce is
// 80 81 .. 8f, the filesystem's UUID 40 41 .. 4f, the modes are Adiantum, AES-256-XTS and AES-256-CTS.
BOOST_AUTO_TEST_CASE(of_each_context) {
  using fscrypt::HkdfContext;
  const Bytes key =
      hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
          "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
  const Bytes nonce = hex("808182838485868788898a8b8c8d8e8f");
  const std::string uuid = "404142434445464748494a4b4c4d4e4f";
  const auto derived = [&](HkdfContext context, ByteSpan info, std::size_t length) {
    return to_hex(fscrypt::fscrypt_hkdf(key, context, info, length)->view());
  };
  BOOST_TEST(derived(HkdfContext::kKeyIdentifier, {}, 16) == "8699c2c53707405da5aba5ae4d8583c0");
  BOOST_TEST(derived(HkdfContext::kPerFileKey, nonce, 64) ==
             "d95bdb44ab3cbcfe956e0101a9d97d62bc0e1825a4bb27b55b1a175fab04ce62"
             "10e8be669951f27f45fa00e7b41414026bbcc582147eb891d3b8794f033cc888");
  BOOST_TEST(derived(HkdfContext::kDirectKey, hex("09"), 32) ==
             "9efb31534e244dd4c251dd5d540c714ab1cfcfaf0008a870cc298b52b32b7d39");
  BOOST_TEST(derived(HkdfContext::kIvInoLblk64Key, hex("01" + uuid), 64) ==
             "599d67510cbc8efbac134e620f139d384bdfc305686687f43823331e02dc1587"
             "382a16be042e5d506b9d7bb9f5af66a34a566ab923effc848f45ffe4c42a8359");
  BOOST_TEST(derived(HkdfContext::kDirhashKey, nonce, 16) == "c55ebb0509976da719ddbdb53b2352cb");
  BOOST_TEST(derived(HkdfContext::kIvInoLblk32Key, hex("04" + uuid), 32) ==
             "dce55c687c8471731c810ec833545422f90acb59f0119c4ca71ce2981b5f4df3");
  BOOST_TEST(derived(HkdfContext::kInodeHashKey, {}, 16) == "670f76f85d2f3cb8a67e0bba366c1014");
  BOOST_TEST(derived(HkdfContext::kHwWrappedKeyIdentifier, {}, 16) == "133b5144209a448724c2b6e5c5fe4cd0");
}

// Of the same key: the v1 descriptor by Python's hashlib, AES-128-ECB with the nonce as its key by
// python3-cryptography.
BOOST_AUTO_TEST_CASE(of_version_1) {
  Bytes raw(64);
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::byte>(i);
  const auto key = fscrypt::MasterKey::make(Secret(ByteSpan(raw)));
  BOOST_REQUIRE(key);
  BOOST_TEST(to_hex(key->descriptor()) == "04334e23057a6e2d");
  BOOST_TEST(to_hex(key->derive_v1(hex("808182838485868788898a8b8c8d8e8f"), 64)->view()) ==
             "9f198538cc9425a3fdc130e456200cc8ef53448536d7b438c397ba71637a0969"
             "0478e732a794eda60ae08980402f1a2de27beb3b132a1f93728dfb55ca418052");
  BOOST_CHECK(key->derive_v1(Bytes(16), 80).error().kind == ErrorKind::kLocked);
}

BOOST_AUTO_TEST_CASE(no_more_than_255_hashes_can_be_derived) {
  const Bytes key(32);
  BOOST_TEST(fscrypt::hkdf_sha512(key, {}, {}, 16320).has_value());
  BOOST_CHECK(fscrypt::hkdf_sha512(key, {}, {}, 16321).error().kind == ErrorKind::kUsage);
}

BOOST_AUTO_TEST_CASE(info_starts_with_the_prefix_and_the_context) {
  const Bytes key(64, std::byte{7});
  const auto ours = fscrypt::fscrypt_hkdf(key, fscrypt::HkdfContext::kPerFileKey, hex("aabb"), 16);
  const auto spelt_out = fscrypt::hkdf_sha512(key, Bytes(64), hex("667363727970740002aabb"), 16);
  BOOST_REQUIRE(ours);
  BOOST_REQUIRE(spelt_out);
  BOOST_TEST(to_hex(ours->view()) == to_hex(spelt_out->view()));
}

BOOST_AUTO_TEST_SUITE_END()
