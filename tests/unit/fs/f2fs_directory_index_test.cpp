#include "fs/f2fs/directory_index.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace coldread::f2fs {
namespace {

std::string bytes(std::string_view hex) {
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    text.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_directory_index)

// From directories that Linux wrote (mounted with f2fs, the names made by touch; the last ones are ciphertext).
BOOST_AUTO_TEST_CASE(hashes_of_names_as_linux_stored_them) {
  const std::vector<std::pair<std::string, std::uint32_t>> all = {
      {"lz4", 0x303e61ba},
      {"warm", 0x34936120},
      {"crowd", 0xe8b7ef16},
      {"hot.db", 0xba07246a},
      {"lzo-rle", 0x84537a27},
      {"cold.jpg", 0x292ffef5},
      {"again0000", 0xebd7c8b8},
      {"compressed", 0x467b6b0f},
      {"cold_too.jpg", 0x91006620},
      {"lz4hc_checked", 0xab353db0},
      {bytes("04fdcecd04a9da398a59eccb138f867e"), 0xa69165e2},
      {bytes("97bc097c74cd87746ab042ff1392035fe8a7e17184f1987ccf72f42f6a7baead"), 0xbcf6451c},
      {bytes("7b8c8cfc91df8d52b52031e81844559930648a4ae1261a8dc70044c920527c3f151316e8349cee85b08b5f5d97bb7ccc"),
       0xea649ae4},
      {bytes("1120476f91443e05c2cafc345ec44aab98243e165d6ba346dd27705ac8002aa856ba1e381f765b5098f9a42a7aa2b5a5"
             "f8f3a42a9507dd8241689754d7a0c9bf97afa1aa07f9825d1dd6fd82ca2872c5d11958c600194be2c51a38a66325b7ff"
             "3db77c1f6eae0060cc6503956e8f7346ea9290940e3f20b9fb433dc33bd570dc8ccf53d0dfb9849f88759f72a8ba057c"
             "3977977b42e783c54594cc33f83e24395c9a569466432bde38c26ed7fa0cd75302b4d7d39e8050ecf9509c0a86cd2f62"
             "ee6336080649c48676684f033c4aae952603dfb71a6b1c021a6d8e3f2af49d60699c12023b2d74e48cb14a4dbd64eaba"
             "1d724dd11338052f31fcb1c423f068"),
       0x60b318e0},
  };
  for (const auto& [name, hash] : all) BOOST_TEST(name_hash(ByteView(as_bytes(name))) == hash);
}

BOOST_AUTO_TEST_CASE(blocks_of_the_first_levels) {
  // Level 0: one bucket of two blocks; level 1: two, blocks 2 to 5; level 2: four, blocks 6 to 13.
  const auto searched = [](std::uint32_t hash, unsigned dir_level) {
    std::string all;
    for (std::uint64_t block = 0; block < 30; ++block) {
      if (block_is_searched(hash, block, dir_level)) all += std::to_string(block) + " ";
    }
    return all;
  };
  BOOST_TEST(searched(0, 0) == "0 1 2 3 6 7 14 15 ");
  BOOST_TEST(searched(7, 0) == "0 1 4 5 12 13 28 29 ");
  BOOST_TEST(searched(6, 0) == "0 1 2 3 10 11 26 27 ");
  // With i_dir_level 2, level 0 has four buckets and level 1 eight.
  BOOST_TEST(searched(6, 2) == "4 5 20 21 ");
  BOOST_TEST(searched(3, 2) == "6 7 14 15 ");
}

BOOST_AUTO_TEST_CASE(deep_levels) {
  // Levels 0 to 30 have buckets of two blocks and end at 2 * (2^31 - 1); from then on buckets have four.
  const std::uint64_t level31 = 2 * ((std::uint64_t{1} << 31) - 1);
  const std::uint64_t buckets = std::uint64_t{1} << 30;
  BOOST_TEST(block_is_searched(1, level31 - 2 * buckets + 2, 0));
  BOOST_TEST(block_is_searched(1, level31 - 2 * buckets + 3, 0));
  BOOST_TEST(!block_is_searched(1, level31 - 2 * buckets + 4, 0));
  BOOST_TEST(block_is_searched(0x40000001, level31 - 2 * buckets + 2, 0));
  for (const std::uint64_t in_bucket : {0u, 1u, 2u, 3u}) {
    BOOST_TEST(block_is_searched(1, level31 + 4 + in_bucket, 0));
    BOOST_TEST(block_is_searched(1, level31 + 4 * buckets + 4 + in_bucket, 0));
  }
  BOOST_TEST(!block_is_searched(1, level31 + 3, 0));
  BOOST_TEST(!block_is_searched(1, level31 + 8, 0));
  const std::uint64_t end = level31 + buckets * 32 * 4;
  BOOST_TEST(block_is_searched(0xffffffff, end - 1, 0));
  BOOST_TEST(!block_is_searched(0xffffffff, end, 0));
  BOOST_TEST(!block_is_searched(0, ~std::uint64_t{0}, 0));
  // An i_dir_level that nothing makes: every level has the most buckets.
  BOOST_TEST(block_is_searched(5, 10, 255));
  BOOST_TEST(block_is_searched(5, 2 * buckets + 11, 255));
  BOOST_TEST(!block_is_searched(5, 12, 255));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
