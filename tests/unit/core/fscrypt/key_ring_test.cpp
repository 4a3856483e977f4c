#include "core/fscrypt/key_ring.hpp"

#include <algorithm>
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

namespace {

fscrypt::KeyDescriptor descriptor(std::string_view text) {
  fscrypt::KeyDescriptor bytes{};
  const Bytes from = hex(text);
  std::copy_n(from.begin(), bytes.size(), bytes.begin());
  return bytes;
}

Secret key_of(int byte) { return Secret(Bytes(32, static_cast<std::byte>(byte))); }

}  // namespace

// Descriptors: what `openssl dgst -sha512 -binary KEY | openssl dgst -sha512` begins with.
BOOST_AUTO_TEST_CASE(a_v1_key_is_found_by_the_descriptor_that_is_derived_from_it) {
  fscrypt::KeyRing ring;
  BOOST_REQUIRE(ring.add(key_of(1), "one"));
  const fscrypt::MasterKey* key = ring.find(hex("509eafe591531d4f"));
  BOOST_REQUIRE(key != nullptr);
  BOOST_TEST(key->is_proven_by(hex("509eafe591531d4f")));
  BOOST_TEST(!key->is_proven_by(hex("0011223344556677")));
  BOOST_TEST(ring.find(hex("0011223344556677")) == nullptr);
  ring.mark_used(hex("509eafe591531d4f"));
  BOOST_TEST(ring.given().front().used);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_given_for_a_descriptor_opens_that_alone) {
  fscrypt::KeyRing ring;
  const auto one = ring.add(key_of(1), "one");
  BOOST_REQUIRE(ring.add_v1(descriptor("0011223344556677"), key_of(2), "two"));
  BOOST_TEST(!ring.empty());
  const fscrypt::MasterKey* key = ring.find(hex("0011223344556677"));
  BOOST_REQUIRE(key != nullptr);
  BOOST_TEST(ring.find(key->identifier()) == nullptr);
  BOOST_TEST(ring.find(key->descriptor()) == nullptr);
  ring.mark_used(hex("0011223344556677"));
  const auto given = ring.given();
  BOOST_REQUIRE(given.size() == 2u);
  BOOST_TEST(!given[0].used);
  BOOST_TEST(given[0].proven);
  BOOST_TEST(given[0].name() == "identifier " + *one);
  BOOST_TEST(given[1].used);
  BOOST_TEST(!given[1].proven);
  BOOST_TEST(given[1].name() == "descriptor 0011223344556677");
}

BOOST_AUTO_TEST_CASE(a_key_that_has_a_descriptor_comes_before_one_given_for_it) {
  fscrypt::KeyRing ring;
  BOOST_REQUIRE(ring.add(key_of(1), "one"));
  const fscrypt::KeyDescriptor derived = ring.find(hex("509eafe591531d4f"))->descriptor();
  BOOST_REQUIRE(ring.add_v1(derived, key_of(2), "two"));
  BOOST_TEST(to_hex(ring.find(derived)->descriptor()) == "509eafe591531d4f");
  BOOST_CHECK(ring.look_up(derived, {}).proof == fscrypt::KeyProof::kDescriptor);
  BOOST_TEST(ring.unproven_count() == 0u);
  ring.mark_used(derived);
  BOOST_TEST(ring.given()[0].used);
  BOOST_TEST(!ring.given()[1].used);
  BOOST_TEST(!ring.given()[1].proven);

  fscrypt::KeyRing same;
  BOOST_REQUIRE(same.add_v1(derived, key_of(1), "one"));
  BOOST_TEST(same.given()[0].proven);
  BOOST_REQUIRE(same.add(key_of(1), "again"));
  same.mark_used(derived);
  BOOST_TEST(same.given()[0].used);
  BOOST_TEST(same.given()[1].used);
}

BOOST_AUTO_TEST_CASE(keys_that_are_text_are_told) {
  fscrypt::KeyRing ring;
  BOOST_REQUIRE(ring.add(Secret(as_bytes("0123456789abcdef0123456789abcde\n")), "text"));
  BOOST_REQUIRE(ring.add(Secret(as_bytes("0123456789abcdef0123456789abcde\x7f")), "other"));
  BOOST_TEST(ring.given()[0].text == 32u);
  BOOST_TEST(ring.given()[1].text == 0u);
}

BOOST_AUTO_TEST_CASE(a_descriptor_has_one_key) {
  fscrypt::KeyRing ring;
  BOOST_TEST(ring.add_v1(descriptor("0011223344556677"), key_of(1), "one").has_value());
  BOOST_TEST(ring.add_v1(descriptor("0011223344556677"), key_of(1), "again").has_value());
  const auto second = ring.add_v1(descriptor("0011223344556677"), key_of(2), "two");
  BOOST_REQUIRE(!second);
  BOOST_CHECK(second.error().kind == ErrorKind::kUsage);
  BOOST_TEST(second.error().message() == "two: another key was given for descriptor 0011223344556677");
  BOOST_TEST(!ring.add_v1(descriptor("1111111111111111"), Secret(15), "short").has_value());
  BOOST_TEST(ring.find(hex("1111111111111111")) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
