#include "core/verity/tree_builder.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/text.hpp"
#include "tests/unit/core/verity/verity_file.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::HashAlgorithm;
using verity::Hasher;
using verity::MerkleTree;
using verity::TreeBuilder;

BOOST_AUTO_TEST_SUITE(verity_tree_builder)

namespace {

using Place = std::pair<unsigned, std::uint64_t>;  // level, index

/// A whole tree, made level by level as the document says.
struct Naive {
  std::vector<Bytes> data_hashes;
  std::map<Place, std::string> blocks;  ///< in hex
  std::map<Place, std::string> hashes;
  std::string root;

  Naive(const Hasher& hasher, std::size_t block_size, Bytes data) {
    if (data.empty()) root = to_hex(Bytes(hasher.digest_size()));
    Bytes below =
        hash_all(hasher, block_size, std::move(data),
                 [&](std::size_t /*index*/, ByteSpan /*block*/, const Bytes& hash) { data_hashes.push_back(hash); });
    for (unsigned level = 0; below.size() > hasher.digest_size(); ++level) {
      below = hash_all(hasher, block_size, std::move(below), [&](std::size_t i, ByteSpan block, const Bytes& hash) {
        blocks[{level, i}] = to_hex(block);
        hashes[{level, i}] = to_hex(hash);
      });
    }
    if (root.empty()) root = to_hex(below);
  }

  template <class Tell>
  static Bytes hash_all(const Hasher& hasher, std::size_t block_size, Bytes bytes, const Tell& tell) {
    bytes.resize((bytes.size() + block_size - 1) / block_size * block_size);
    Bytes hashes;
    for (std::size_t i = 0; i < bytes.size() / block_size; ++i) {
      const ByteSpan block = ByteSpan(bytes).subspan(i * block_size, block_size);
      const Bytes hash = hasher.hash(block);
      tell(i, block, hash);
      hashes.insert(hashes.end(), hash.begin(), hash.end());
    }
    return hashes;
  }
};

/// What a builder tells of: each block of a level behind the one before.
struct Told {
  std::map<Place, std::string> blocks;
  std::map<unsigned, std::uint64_t> next;  ///< by level

  TreeBuilder::OnBlock listen() {
    return [this](unsigned level, std::uint64_t index, ByteSpan block) {
      BOOST_TEST(next.emplace(level, index).first->second++ == index);
      blocks[{level, index}] = to_hex(block);
    };
  }
};

/// Adds the hashes from `first` up to `end`, `step` of them at a time.
void add(TreeBuilder& builder, const std::vector<Bytes>& hashes, std::size_t first, std::size_t end, std::size_t step) {
  for (std::size_t at = first; at < end; at += step) {
    Bytes batch;
    for (std::size_t i = at; i < std::min(end, at + step); ++i) {
      batch.insert(batch.end(), hashes[i].begin(), hashes[i].end());
    }
    builder.add(batch);
  }
}

void check_whole(HashAlgorithm algorithm, std::uint32_t block_size, const Bytes& salt, const Bytes& data) {
  BOOST_TEST_CONTEXT(algorithm_name(algorithm) << " blocks of " << block_size << ", " << data.size() << " bytes") {
    const Hasher hasher(algorithm, salt);
    const auto shape = MerkleTree::make(algorithm, block_size, data.size());
    BOOST_REQUIRE(shape);
    const Naive naive(hasher, block_size, data);
    Told told;
    TreeBuilder builder(hasher, *shape, told.listen());
    BOOST_TEST(builder.end_data_block() == naive.data_hashes.size());
    add(builder, naive.data_hashes, 0, naive.data_hashes.size(), 7);
    BOOST_TEST(builder.next_data_block() == naive.data_hashes.size());
    BOOST_TEST(to_hex(builder.finish()) == naive.root);
    BOOST_TEST((told.blocks == naive.blocks));
  }
}

std::string root_of(HashAlgorithm algorithm, std::uint32_t block_size, const Bytes& salt, const Bytes& data) {
  const Hasher hasher(algorithm, salt);
  TreeBuilder builder(hasher, *MerkleTree::make(algorithm, block_size, data.size()), nullptr);
  const Naive naive(hasher, block_size, data);
  add(builder, naive.data_hashes, 0, naive.data_hashes.size(), 1);
  return to_hex(builder.finish());
}

}  // namespace

// Computed from the document with Python's hashlib.
BOOST_AUTO_TEST_CASE(roots_of_another_implementation) {
  BOOST_TEST(root_of(HashAlgorithm::kSha256, 1024, {}, verity::pattern(std::size_t{1024} * 33)) ==
             "105b7f43f5512afecf027711b67aa80ffe997bf3b8b284bb420710c1e1f50c73");
  const Bytes salt = ByteView(as_bytes("salt")).copy();
  BOOST_TEST(root_of(HashAlgorithm::kSha256, 4096, salt, verity::pattern(std::size_t{4096} * 129 - 5)) ==
             "527da727d2cdedb508f545473cc651220a424763b131e4cd5ce22ec170ab9324");
  BOOST_TEST(
      root_of(HashAlgorithm::kSha512, 1024, Bytes(32, std::byte{0x5a}), verity::pattern(std::size_t{1024} * 257)) ==
      "bc74970d061db9e3ca855bac43b1f430e150908fda9018b013d10db703574c43"
      "898dab97fd9d2b2d308ac1ad71e28f73fe275e6ecedb38a1175b193044f537d7");
  BOOST_TEST(root_of(HashAlgorithm::kSha256, 65536, {}, verity::pattern(std::size_t{65536} * 3)) ==
             "c92f31a257049d4406a0c1c7cc33471503eae13d4bd58fbd84a52ccc18f97ae4");
}

BOOST_AUTO_TEST_CASE(whole_trees_about_the_bounds_of_blocks_and_levels) {
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    for (const std::uint32_t block : {1024u, 2048u, 4096u, 16384u, 65536u}) {
      const std::uint64_t full = std::uint64_t{block} / digest_size(algorithm) * block;  // a tree of one full block
      const std::vector<std::uint64_t> sizes = {0, 1, block - 1, block, block + 1, full - 1, full, full + 1};
      for (const std::uint64_t size : sizes) {
        if (size > (std::uint64_t{4} << 20)) continue;
        check_whole(algorithm, block, size % 2 != 0 ? Bytes(5, std::byte{7}) : Bytes(), verity::pattern(size));
      }
    }
    const std::uint64_t per_block = 1024 / digest_size(algorithm);
    for (const std::uint64_t blocks :
         {per_block * per_block, per_block * per_block + 1, per_block * per_block * 3 - 1}) {
      check_whole(algorithm, 1024, Bytes(32, std::byte{1}), verity::pattern(blocks * 1024 - 3));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_part_of_a_tree_of_three_levels) {
  const Hasher hasher(HashAlgorithm::kSha512, Bytes(3, std::byte{9}));
  const Bytes data = verity::pattern(std::size_t{1024} * 555 - 1);
  const auto shape = MerkleTree::make(HashAlgorithm::kSha512, 1024, data.size());
  BOOST_REQUIRE(shape->levels() == 3u);
  const Naive naive(hasher, 1024, data);
  std::map<Place, std::string> seen;
  for (unsigned level = 0; level < shape->levels(); ++level) {
    std::uint64_t next = 0;
    for (std::uint64_t index = 0; index < shape->blocks(level); ++index) {
      Told told;
      TreeBuilder builder(hasher, *shape, told.listen(), level, index);
      BOOST_TEST(builder.first_data_block() == next);
      next = builder.end_data_block();
      add(builder, naive.data_hashes, builder.first_data_block(), next, 5);
      const std::string top = to_hex(builder.finish());
      BOOST_TEST(top == naive.hashes.at({level, index}));
      for (const auto& [place, block] : told.blocks) {
        BOOST_TEST(place.first <= level);
        BOOST_TEST(block == naive.blocks.at(place));
      }
      std::uint64_t expected = 0;  // the blocks of each level that begin within the part
      for (unsigned l = 0; l <= level; ++l) {
        for (std::uint64_t i = 0; i < shape->blocks(l); ++i) {
          const std::uint64_t begin = i * shape->data_blocks_per_hash(l) * 16;
          expected += begin >= builder.first_data_block() && begin < next ? 1u : 0u;
        }
      }
      BOOST_TEST(told.blocks.size() == expected);
      if (level == 0) seen.insert(told.blocks.begin(), told.blocks.end());
    }
    BOOST_TEST(next == shape->data_blocks());
  }
  BOOST_TEST(seen.size() == shape->blocks(0));
}

// Data, a run of one hash, data: at every offset of the run against the tree's blocks, and of several lengths.
BOOST_AUTO_TEST_CASE(runs_are_what_their_hashes_are_one_by_one) {
  const Hasher hasher(HashAlgorithm::kSha512, {});
  constexpr std::size_t kBlocks = 16 * 16 * 3 + 5;
  const auto shape = MerkleTree::make(HashAlgorithm::kSha512, 1024, kBlocks * 1024);
  for (const auto& [begin, end] : std::vector<std::pair<std::size_t, std::size_t>>{{0, kBlocks},
                                                                                   {0, 1},
                                                                                   {0, 16},
                                                                                   {1, kBlocks - 1},
                                                                                   {15, 17},
                                                                                   {16, 32},
                                                                                   {17, 600},
                                                                                   {256, 512},
                                                                                   {240, kBlocks},
                                                                                   {300, 300}}) {
    BOOST_TEST_CONTEXT("a run from " << begin << " to " << end) {
      Bytes data = verity::pattern(kBlocks * 1024);
      std::fill(data.begin() + static_cast<std::ptrdiff_t>(begin * 1024),
                data.begin() + static_cast<std::ptrdiff_t>(end * 1024), std::byte{0});
      const Naive naive(hasher, 1024, data);
      Told told;
      TreeBuilder builder(hasher, *shape, told.listen());
      add(builder, naive.data_hashes, 0, begin, 3);
      const std::size_t middle = begin + (end - begin) / 3;
      builder.add_run(hasher.hash(Bytes(1024)), middle - begin);
      builder.add_run(hasher.hash(Bytes(1024)), end - middle);
      add(builder, naive.data_hashes, end, kBlocks, 3);
      BOOST_TEST(to_hex(builder.finish()) == naive.root);
      BOOST_TEST((told.blocks == naive.blocks));
    }
  }
}

BOOST_AUTO_TEST_CASE(runs_of_different_hashes_are_not_taken_for_each_other) {
  const Hasher hasher(HashAlgorithm::kSha256, {});
  constexpr std::size_t kEach = 128;  // four blocks of 32 hashes
  Bytes data(kEach * 3 * 1024);
  std::fill(data.begin() + kEach * 1024, data.begin() + kEach * 2 * 1024, std::byte{1});
  TreeBuilder builder(hasher, *MerkleTree::make(HashAlgorithm::kSha256, 1024, data.size()), nullptr);
  for (const std::byte value : {std::byte{0}, std::byte{1}, std::byte{0}}) {
    builder.add_run(hasher.hash(Bytes(1024, value)), kEach);
  }
  BOOST_TEST(to_hex(builder.finish()) == Naive(hasher, 1024, data).root);
}

// 2^63 bytes of zeros: level upon level of the same block, each hashed once, so this ends.
BOOST_AUTO_TEST_CASE(the_largest_hole_is_hashed_at_once) {
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 63) - 1;
  const Hasher hasher(HashAlgorithm::kSha256, {});
  const auto shape = MerkleTree::make(HashAlgorithm::kSha256, 65536, kSize);
  BOOST_REQUIRE(shape);
  BOOST_REQUIRE(shape->data_blocks() == std::uint64_t{1} << 47);
  BOOST_REQUIRE(shape->levels() == 5u);
  TreeBuilder builder(hasher, *shape, nullptr);
  builder.add_run(hasher.hash(Bytes(65536)), shape->data_blocks());
  // 2048 hashes a block: 2^47, 2^36, 2^25, 2^14, 8 hashes.
  Bytes hash = hasher.hash(Bytes(65536));
  for (const std::size_t count : {2048u, 2048u, 2048u, 2048u, 8u}) {
    Bytes block;
    for (std::size_t i = 0; i < count; ++i) block.insert(block.end(), hash.begin(), hash.end());
    block.resize(65536);
    hash = hasher.hash(block);
  }
  BOOST_TEST(to_hex(builder.finish()) == to_hex(hash));
}

BOOST_AUTO_TEST_SUITE_END()
