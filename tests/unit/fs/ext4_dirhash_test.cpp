#include "fs/ext4/dirhash.hpp"

#include <boost/test/unit_test.hpp>
#include <string_view>

namespace coldread::ext4 {
namespace {

constexpr std::string_view kLong = "this_is_a_longer_name_than_thirty_two_bytes_long.txt";
constexpr std::string_view kUmlauts = "\xc3\xa4\xc3\xb6x";

void check(HashVersion version, std::string_view name, std::uint32_t hash, std::uint32_t minor,
           std::array<std::uint32_t, 4> seed = {}) {
  const auto found = dirhash(ByteView(as_bytes(name)), {version, seed});
  BOOST_TEST(found[0] == hash);
  BOOST_TEST(found[1] == minor);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_dirhash)

// As debugfs's dx_hash prints them.
BOOST_AUTO_TEST_CASE(legacy) {
  check(HashVersion::kLegacy, ".", 0x71d73e48, 0);
  check(HashVersion::kLegacy, "abc", 0x75afd992, 0);
  check(HashVersion::kLegacy, kLong, 0x6a90a2d2, 0);
  check(HashVersion::kLegacy, kUmlauts, 0xb20d3104, 0);
  check(HashVersion::kLegacyUnsigned, kUmlauts, 0x61b23f0a, 0);
}

BOOST_AUTO_TEST_CASE(half_md4) {
  check(HashVersion::kHalfMd4, ".", 0x3df9c490, 0x700a9a17);
  check(HashVersion::kHalfMd4, "abc", 0xd196a868, 0xc420eb28);
  check(HashVersion::kHalfMd4, kLong, 0x504b648e, 0x8ee27628);
  check(HashVersion::kHalfMd4, kUmlauts, 0x03d7d09e, 0x2be34177);
  check(HashVersion::kHalfMd4Unsigned, kUmlauts, 0x222101b0, 0xf40d0837);
  check(HashVersion::kHalfMd4Unsigned, "abc", 0xd196a868, 0xc420eb28);
}

BOOST_AUTO_TEST_CASE(tea) {
  check(HashVersion::kTea, ".", 0x31fd669c, 0x12dc5935);
  check(HashVersion::kTea, "abc", 0xb1435ec4, 0x3f7eaa0e);
  check(HashVersion::kTea, kLong, 0x6a630da8, 0x16f98bea);
  check(HashVersion::kTea, kUmlauts, 0x2897e66a, 0xa2601c45);
  check(HashVersion::kTeaUnsigned, kUmlauts, 0xf95f82ba, 0x60bcfeb4);
}

BOOST_AUTO_TEST_CASE(a_seed_changes_the_hash) {
  check(HashVersion::kHalfMd4, "abc", 0xf54f014a, 0xd928c19d, {0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d});
}

BOOST_AUTO_TEST_CASE(versions_as_stored) {
  BOOST_TEST((hash_version(0, false) == HashVersion::kLegacy));
  BOOST_TEST((hash_version(1, false) == HashVersion::kHalfMd4));
  BOOST_TEST((hash_version(2, true) == HashVersion::kTeaUnsigned));
  BOOST_TEST(!hash_version(3, false));
  BOOST_TEST(!hash_version(6, false));  // siphash, of casefolded directories
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
