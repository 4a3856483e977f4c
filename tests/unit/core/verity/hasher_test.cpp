#include "core/verity/hasher.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/text.hpp"
#include "tests/unit/core/verity/verity_file.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::HashAlgorithm;
using verity::Hasher;

BOOST_AUTO_TEST_SUITE(verity_hasher)

namespace {

std::string hash(HashAlgorithm algorithm, ByteSpan salt, std::string_view text) {
  return to_hex(Hasher(algorithm, salt).hash(as_bytes(text)));
}

}  // namespace

// FIPS 180-4's examples.
BOOST_AUTO_TEST_CASE(published_digests) {
  BOOST_TEST(hash(HashAlgorithm::kSha256, {}, "abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(hash(HashAlgorithm::kSha256, {}, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(hash(HashAlgorithm::kSha512, {}, "abc") ==
             "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
             "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

BOOST_AUTO_TEST_CASE(a_salt_is_padded_to_the_block_of_the_hash) {
  const Bytes salt(3, std::byte{'s'});
  BOOST_TEST(hash(HashAlgorithm::kSha256, salt, "data") ==
             hash(HashAlgorithm::kSha256, {}, "sss" + std::string(61, '\0') + "data"));
  BOOST_TEST(hash(HashAlgorithm::kSha512, salt, "data") ==
             hash(HashAlgorithm::kSha512, {}, "sss" + std::string(125, '\0') + "data"));
  BOOST_TEST(hash(HashAlgorithm::kSha256, salt, "data") != hash(HashAlgorithm::kSha256, {}, "data"));
}

BOOST_AUTO_TEST_CASE(many_blocks_have_the_hashes_of_each) {
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    const Hasher hasher(algorithm, Bytes(16, std::byte{3}));
    const Bytes blocks = verity::pattern(17408);
    Bytes digests(blocks.size() / 1024 * hasher.digest_size());
    hasher.hash_blocks(blocks, 1024, digests);
    for (std::size_t i = 0; i < 17; ++i) {
      const Bytes one = hasher.hash(ByteSpan(blocks).subspan(i * 1024, 1024));
      BOOST_TEST(to_hex(one) == to_hex(ByteSpan(digests).subspan(i * one.size(), one.size())));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
