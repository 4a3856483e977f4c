#include "core/fscrypt/key_ring.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_key_ring)

BOOST_AUTO_TEST_CASE(a_key_has_the_identifier_that_the_kernel_gave_it) {
  BOOST_TEST(to_hex(fscrypt::vectors::kernel_key().identifier()) == fscrypt::vectors::kKernelKeyIdentifier);
}

BOOST_AUTO_TEST_CASE(keys_are_found_by_identifier) {
  fscrypt::KeyRing ring;
  BOOST_TEST(ring.empty());
  const auto identifier = ring.add(Secret(Bytes(32, std::byte{1})), "a.key");
  BOOST_REQUIRE(identifier);
  BOOST_TEST(!ring.empty());
  const fscrypt::MasterKey* key = ring.find(hex(*identifier));
  BOOST_REQUIRE(key != nullptr);
  BOOST_TEST(to_hex(key->identifier()) == *identifier);
  BOOST_TEST(ring.find(Bytes(16)) == nullptr);
  BOOST_TEST(ring.find(Bytes(8)) == nullptr);
  BOOST_TEST(ring.find({}) == nullptr);
}

BOOST_AUTO_TEST_CASE(sizes_from_16_to_64_bytes_are_keys) {
  fscrypt::KeyRing ring;
  for (const std::size_t size : {16u, 32u, 48u, 64u}) BOOST_TEST(ring.add(Secret(size), "k").has_value());
  for (const std::size_t size : {0u, 15u, 65u}) {
    const auto refused = ring.add(Secret(size), "some/file");
    BOOST_REQUIRE(!refused);
    BOOST_CHECK(refused.error().kind == ErrorKind::kUsage);
    BOOST_TEST(refused.error().message() == "some/file: a key has 16 to 64 bytes, not " + std::to_string(size));
  }
}

BOOST_AUTO_TEST_CASE(every_origin_of_a_key_that_opened_something_is_used) {
  fscrypt::KeyRing ring;
  const auto one = ring.add(Secret(Bytes(32, std::byte{1})), "one");
  const auto two = ring.add(Secret(Bytes(32, std::byte{2})), "two");
  const auto again = ring.add(Secret(Bytes(32, std::byte{1})), "again");
  BOOST_TEST(*one == *again);
  ring.mark_used(hex(*one));
  ring.mark_used(Bytes(16));
  const auto given = ring.given();
  BOOST_REQUIRE(given.size() == 3u);
  BOOST_TEST(given[0].origin == "one");
  BOOST_TEST(given[0].used);
  BOOST_TEST(given[1].identifier_hex == *two);
  BOOST_TEST(!given[1].used);
  BOOST_TEST(given[2].origin == "again");
  BOOST_TEST(given[2].used);
}

BOOST_AUTO_TEST_SUITE_END()
