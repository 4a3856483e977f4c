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
