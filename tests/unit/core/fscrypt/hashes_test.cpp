#include <boost/test/unit_test.hpp>

#include "core/fscrypt/poly1305.hpp"
#include "core/fscrypt/polyval.hpp"
#include "core/fscrypt/siphash.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_hashes)

// The authors' vectors.h: key 00 01 .. 0f, messages 00 01 .. of 0, 8 and 15 bytes.
BOOST_AUTO_TEST_CASE(siphash_of_its_authors) {
  std::array<std::byte, 16> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  const ByteSpan message(key);
  BOOST_TEST(fscrypt::siphash_2_4(key, {}) == 0x726fdb47dd0e0e31u);
  BOOST_TEST(fscrypt::siphash_2_4(key, message.first(8)) == 0x93f5f5799a932462u);
  BOOST_TEST(fscrypt::siphash_2_4(key, message.first(15)) == 0xa129ca6149be45e5u);
}

BOOST_AUTO_TEST_CASE(polyval_of_rfc_8452) {
  const fscrypt::PolyvalKey key(hex("25629347589242761d31f826ba4b757b"));
  for (const fscrypt::Code code : {fscrypt::Code::kPortable, fscrypt::Code::kFastest}) {
    fscrypt::Polyval polyval(key, code);
    BOOST_TEST(to_hex(polyval.value()) == "00000000000000000000000000000000");
    polyval.add(hex("4f4f95668c83dfb6401762bb2d01a262d1a24ddd2721d006bbe45f20d3c9f362"));
    BOOST_TEST(to_hex(polyval.value()) == "f7a3b47b846119fae5b7866cf5e5b77e");
  }
}

// RFC 8439, section 2.5.2, without the addition of s = 0103808afb0db2fd4abff6af4149f51b at the end.
BOOST_AUTO_TEST_CASE(poly1305_of_rfc_8439) {
  auto poly1305 = fscrypt::Poly1305::make();
  BOOST_REQUIRE(poly1305);
  fscrypt::Poly1305::Digest digest{};
  for (int time = 0; time < 2; ++time) {
    BOOST_TEST(poly1305->begin(hex("85d6be7857556d337f4452fe42d506a8")));
    BOOST_TEST(poly1305->add(as_bytes("Cryptographic Forum ")));
    BOOST_TEST(poly1305->add(as_bytes("Research Group")));
    BOOST_TEST(poly1305->end(digest));
    BOOST_TEST(to_hex(digest) == "a7039d36354384c8776c94ffcab7318d");
  }
  BOOST_TEST(!poly1305->begin(hex("85d6be7857556d337f4452fe42d506")));
}

BOOST_AUTO_TEST_SUITE_END()
