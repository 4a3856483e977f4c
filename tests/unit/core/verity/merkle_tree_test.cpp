#include "core/verity/merkle_tree.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::HashAlgorithm;
using verity::MerkleTree;

BOOST_AUTO_TEST_SUITE(verity_merkle_tree)

BOOST_AUTO_TEST_CASE(files_of_at_most_a_block_have_no_tree) {
  for (const std::uint64_t size : {0u, 1u, 4095u, 4096u}) {
    const auto tree = MerkleTree::make(HashAlgorithm::kSha256, 4096, size);
    BOOST_REQUIRE(tree);
    BOOST_TEST(tree->levels() == 0u);
    BOOST_TEST(tree->size() == 0u);
    BOOST_TEST(tree->data_blocks() == (size == 0 ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(levels_begin_where_the_next_number_of_blocks_does) {
  const auto levels = [](std::uint64_t blocks) {
    return MerkleTree::make(HashAlgorithm::kSha256, 4096, blocks * 4096)->levels();
  };
  BOOST_TEST(levels(2) == 1u);
  BOOST_TEST(levels(128) == 1u);
  BOOST_TEST(levels(129) == 2u);
  BOOST_TEST(levels(16384) == 2u);
  BOOST_TEST(levels(16385) == 3u);
}

BOOST_AUTO_TEST_CASE(the_top_level_is_stored_first) {
  const auto tree = MerkleTree::make(HashAlgorithm::kSha512, 1024, 300 * 1024 - 5);
  BOOST_REQUIRE(tree);
  BOOST_TEST(tree->hashes_per_block() == 16u);
  BOOST_TEST(tree->data_blocks() == 300u);
  BOOST_TEST(tree->levels() == 3u);
  BOOST_TEST(tree->blocks(0) == 19u);
  BOOST_TEST(tree->blocks(1) == 2u);
  BOOST_TEST(tree->blocks(2) == 1u);
  BOOST_TEST(tree->offset(2, 0) == 0u);
  BOOST_TEST(tree->offset(1, 0) == 1024u);
  BOOST_TEST(tree->offset(1, 1) == 2048u);
  BOOST_TEST(tree->offset(0, 0) == 3072u);
  BOOST_TEST(tree->offset(0, 18) == 21504u);
  BOOST_TEST(tree->size() == 22528u);
  BOOST_TEST(tree->data_blocks_per_hash(0) == 1u);
  BOOST_TEST(tree->data_blocks_per_hash(1) == 16u);
  BOOST_TEST(tree->data_blocks_per_hash(2) == 256u);
}

BOOST_AUTO_TEST_CASE(eight_levels_are_the_most) {
  const std::uint64_t most = std::uint64_t{1} << 42;  // 16^8 blocks of 1 KiB
  BOOST_TEST(MerkleTree::make(HashAlgorithm::kSha512, 1024, most)->levels() == 8u);
  const auto more = MerkleTree::make(HashAlgorithm::kSha512, 1024, most + 1);
  BOOST_REQUIRE(!more);
  BOOST_CHECK(more.error().kind == ErrorKind::kCorrupt);
}

BOOST_AUTO_TEST_CASE(the_largest_sizes_do_not_overflow) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto tree = MerkleTree::make(HashAlgorithm::kSha256, 65536, kMax);
  BOOST_REQUIRE(tree);
  BOOST_TEST(tree->data_blocks() == std::uint64_t{1} << 47);
  BOOST_TEST(tree->levels() == 5u);
  BOOST_TEST(!MerkleTree::make(HashAlgorithm::kSha256, 65536, kMax + 1).has_value());
  BOOST_TEST(!MerkleTree::make(HashAlgorithm::kSha256, 65536, ~std::uint64_t{0}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
