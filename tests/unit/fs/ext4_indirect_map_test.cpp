#include "fs/ext4/indirect_map.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/unit/fs/image_builder.hpp"
#include "tests/unit/fs/print_extent.hpp"

namespace coldread::ext4 {
namespace {

using read::Extent;
using read::ExtentKind;
using test::ImageBuilder;

constexpr std::uint64_t kBlock = 1024;
constexpr std::uint64_t kPer = 256;  // numbers in a block
constexpr std::uint64_t kSingle = 12;
constexpr std::uint64_t kDouble = kSingle + kPer;
constexpr std::uint64_t kTriple = kDouble + kPer * kPer;
constexpr std::uint64_t kEnd = kTriple + kPer * kPer * kPer;

struct File {
  void number(std::uint64_t block, std::uint64_t index, std::uint32_t value) {
    image.put(block * kBlock + index * 4, Le32(value));
  }
  IndirectMap map() { return {image.filesystem(), root}; }

  ImageBuilder image;
  IndirectMap::Root root{};
};

Extent stored(std::uint64_t file_block, std::uint64_t length, std::uint64_t start) {
  return {file_block * kBlock, length * kBlock, ExtentKind::kStored, start * kBlock};
}

/// All pieces of [begin, end), in file blocks.
read::MapPiece all(const IndirectMap& map, std::uint64_t begin, std::uint64_t end) {
  read::MapPiece whole;
  for (std::uint64_t at = begin * kBlock; at < end * kBlock;) {
    read::MapPiece piece = map.piece(at, end * kBlock);
    BOOST_TEST_REQUIRE(piece.end > at);
    whole.extents.insert(whole.extents.end(), piece.extents.begin(), piece.extents.end());
    whole.faults.insert(whole.faults.end(), piece.faults.begin(), piece.faults.end());
    at = whole.end = piece.end;
  }
  return whole;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_indirect_map)

BOOST_AUTO_TEST_CASE(every_level_and_both_its_ends) {
  File file;
  file.root[0] = 100;
  file.root[11] = 101;
  file.root[12] = 30;
  file.number(30, 0, 102);  // goes on from block 11 of the file
  file.number(30, 255, 110);
  file.root[13] = 31;
  file.number(31, 0, 32);
  file.number(31, 255, 33);
  file.number(32, 0, 111);
  file.number(33, 255, 120);
  file.root[14] = 34;
  file.number(34, 0, 35);
  file.number(34, 255, 36);
  file.number(35, 0, 37);
  file.number(36, 255, 38);
  file.number(37, 0, 121);
  file.number(38, 255, 130);
  const read::MapPiece piece = all(file.map(), 0, kEnd);
  const std::vector<Extent> expected = {stored(0, 1, 100), stored(11, 2, 101), stored(kDouble - 1, 2, 110),
                                        stored(kTriple - 1, 2, 120), stored(kEnd - 1, 1, 130)};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(piece.faults.empty());
  BOOST_TEST(IndirectMap::max_blocks(1024) == kEnd);
  BOOST_TEST(IndirectMap::max_blocks(65536) == std::uint64_t{1} << 32);
}

BOOST_AUTO_TEST_CASE(a_range_in_the_middle) {
  File file;
  file.root[13] = 31;
  file.number(31, 7, 32);
  for (std::uint32_t i = 0; i < 10; ++i) file.number(32, 20 + i, 100 + i);
  const std::uint64_t at = kDouble + 7 * kPer + 22;
  const read::MapPiece piece = file.map().piece(at * kBlock + 5, (at + 3) * kBlock - 1);
  const std::vector<Extent> expected = {stored(at, 3, 102)};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(piece.end == (at + 3) * kBlock - 1);
}

BOOST_AUTO_TEST_CASE(bad_numbers_cost_what_they_lead_to) {
  File file;
  file.root[1] = 256;  // the filesystem ends there
  file.root[2] = 100;
  file.root[12] = 5000;
  file.root[13] = 31;
  file.number(31, 1, 1);  // the superblock
  file.number(31, 2, 32);
  file.number(32, 0, 101);
  const read::MapPiece piece = all(file.map(), 0, kTriple);
  const std::vector<Extent> expected = {stored(2, 1, 100), stored(kDouble + 2 * kPer, 1, 101)};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST_REQUIRE(piece.faults.size() == 3u);
  BOOST_TEST((piece.faults[0].range == source::ByteRange{kBlock, kBlock}));
  BOOST_TEST(piece.faults[0].reason == "file block 1: it lies at block 256, where no file can be");
  BOOST_TEST((piece.faults[1].range == source::ByteRange{kSingle * kBlock, kPer * kBlock}));
  BOOST_TEST(piece.faults[1].reason == "indirect block 5000: no such block can be there");
  BOOST_TEST((piece.faults[2].range == source::ByteRange{(kDouble + kPer) * kBlock, kPer * kBlock}));
}

BOOST_AUTO_TEST_CASE(past_the_last_level) {
  File file;
  const read::MapPiece piece = file.map().piece((kEnd - 1) * kBlock, (kEnd + 5) * kBlock);
  BOOST_TEST_REQUIRE(piece.faults.size() == 1u);
  BOOST_TEST((piece.faults[0].range == source::ByteRange{kEnd * kBlock, 5 * kBlock}));
}

BOOST_AUTO_TEST_CASE(blocks_that_name_themselves_end) {
  File file;
  file.root[14] = 30;
  for (std::uint64_t i = 0; i < kPer; ++i) file.number(30, i, 30);  // each level is this block, and so is the data
  const read::MapPiece piece = file.map().piece(kTriple * kBlock, kEnd * kBlock);
  BOOST_TEST(piece.extents.size() <= 1001u);
  BOOST_TEST(piece.end > kTriple * kBlock);
  BOOST_TEST(piece.end < kEnd * kBlock);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
