#include "fs/ext4/recovery_edits.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "fs/ext4/edited_map.hpp"
#include "tests/unit/fs/print_extent.hpp"

namespace coldread::ext4 {
namespace {

using read::Extent;
using read::ExtentKind;
using Kind = RangeEdit::Kind;

constexpr unsigned kBits = 10;
constexpr std::uint64_t kBlock = 1024;
constexpr InodeNumber kFile{12};

Extent blocks(std::uint64_t first, std::uint64_t count, ExtentKind kind, std::uint64_t start = 0) {
  return {first * kBlock, count * kBlock, kind, start * kBlock};
}

/// A file of ten blocks at block 100 with edits laid over.
struct Edited {
  Edited() : edits(std::make_shared<RecoveryEdits>()) {}
  Edited& set(std::uint64_t begin, std::uint64_t end, Kind kind, std::uint64_t start = 0) {
    edits->ranges[kFile.value].set({begin, end}, {kind, 0, start});
    return *this;
  }
  [[nodiscard]] read::FileMap map() const {
    return over_map(edits, kFile, read::FileMap::make({blocks(0, 10, ExtentKind::kStored, 100)}, 10240, 10240).value(),
                    kBits);
  }
  [[nodiscard]] std::vector<Extent> extents(std::uint64_t limit = 10) const {
    return map().piece(0, limit * kBlock).extents;
  }
  std::shared_ptr<RecoveryEdits> edits;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_recovery_edits)

BOOST_AUTO_TEST_CASE(a_range_removed_mapped_and_unwritten) {
  const std::vector<Extent> expected = {blocks(0, 2, ExtentKind::kStored, 100), blocks(2, 1, ExtentKind::kHole),
                                        blocks(3, 2, ExtentKind::kStored, 200), blocks(5, 1, ExtentKind::kUnwritten),
                                        blocks(6, 4, ExtentKind::kStored, 106)};
  const auto found =
      Edited().set(2, 3, Kind::kRemoved).set(3, 5, Kind::kMapped, 200).set(5, 6, Kind::kUnwritten, 300).extents();
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_later_edit_takes_the_place_of_an_earlier) {
  const auto found = Edited().set(0, 10, Kind::kMapped, 200).set(4, 6, Kind::kRemoved).set(5, 7, Kind::kMapped, 300);
  const std::vector<Extent> expected = {blocks(0, 4, ExtentKind::kStored, 200), blocks(4, 1, ExtentKind::kHole),
                                        blocks(5, 2, ExtentKind::kStored, 300), blocks(7, 3, ExtentKind::kStored, 207)};
  BOOST_TEST(found.extents() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_piece_that_begins_and_ends_within_an_edit) {
  const read::FileMap map = Edited().set(2, 8, Kind::kMapped, 200).map();
  const read::MapPiece piece = map.piece(3 * kBlock + 10, 5 * kBlock);
  const std::vector<Extent> expected = {{3 * kBlock + 10, 2 * kBlock - 10, ExtentKind::kStored, 201 * kBlock + 10}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(map.piece(8 * kBlock, 9 * kBlock).extents.at(0).source_offset == 108 * kBlock);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_map_moves) {
  BOOST_TEST(Edited().map().mapped_end() == 10240u);
  BOOST_TEST(Edited().set(12, 14, Kind::kMapped, 200).map().mapped_end() == 14 * kBlock);
  // FileMap keeps mapped_end at EOF or later.
  const auto edits = Edited().set(4, kMaxFileBlocks, Kind::kRemoved).edits;
  const auto small = read::FileMap::make({blocks(0, 10, ExtentKind::kStored, 100)}, 3000, 10240).value();
  BOOST_TEST(over_map(edits, kFile, small, kBits).mapped_end() == 4 * kBlock);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_mapped_is_a_fault) {
  const read::MapPiece piece = Edited().set(2, 4, Kind::kImpossible, 1).map().piece(0, 10 * kBlock);
  BOOST_TEST_REQUIRE(piece.faults.size() == 1u);
  BOOST_TEST(piece.faults[0].range.offset == 2 * kBlock);
  BOOST_TEST(piece.faults[0].range.length == 2 * kBlock);
}

BOOST_AUTO_TEST_CASE(many_edits_come_in_pieces) {
  Edited edited;
  for (std::uint64_t i = 0; i < 5000; ++i) edited.set(2 * i, 2 * i + 1, Kind::kMapped, 1000 + i);
  const read::FileMap map = edited.map();
  std::uint64_t at = 0;
  std::uint64_t stored = 0;
  std::size_t pieces = 0;
  while (at < 10000 * kBlock) {
    const read::MapPiece piece = map.piece(at, 10000 * kBlock);
    BOOST_TEST_REQUIRE(piece.end > at);
    for (const Extent& e : piece.extents) stored += e.kind == ExtentKind::kStored ? e.length / kBlock : 0;
    at = piece.end;
    ++pieces;
  }
  BOOST_TEST(pieces > 1u);
  BOOST_TEST(stored == 5000u + 5u);  // five blocks of the file below lie between edits
}

BOOST_AUTO_TEST_CASE(other_files_are_left_alone) {
  const auto edits = Edited().set(0, 10, Kind::kRemoved).edits;
  const auto map = read::FileMap::make({blocks(0, 10, ExtentKind::kStored, 100)}, 10240, 10240).value();
  BOOST_TEST(over_map(edits, InodeNumber{13}, map, kBits).piece(0, 1024).extents.at(0).source_offset == 102400u);
  BOOST_TEST(over_map(nullptr, kFile, map, kBits).piece(0, 1024).extents.at(0).source_offset == 102400u);
}

BOOST_AUTO_TEST_CASE(names_removed_and_added) {
  RecoveryEdits edits;
  edits.directories[2].removed.insert({"gone", 12});
  edits.directories[2].removed.insert({"other", 12});
  edits.directories[2].added.emplace("made", 14);
  volume::Directory directory;
  for (const auto& [name, inode] : {std::pair{"gone", 12u}, std::pair{"kept", 13u}, std::pair{"other", 13u}}) {
    directory.entries.push_back({name, {inode}, {}});
  }
  edits.apply_names({2}, directory);
  std::vector<std::string> names;
  for (const auto& entry : directory.entries) names.push_back(entry.name + std::to_string(entry.inode.value));
  const std::vector<std::string> expected = {"kept13", "other13", "made14"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
