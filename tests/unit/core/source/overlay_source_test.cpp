#include "core/source/overlay_source.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/source/memory_source.hpp"
#include "core/source/slice_source.hpp"
#include "core/source/unreadable_source.hpp"

namespace coldread::source {
namespace {

std::shared_ptr<const BlockSource> memory(std::string_view text, Medium medium = Medium::kImage) {
  return std::make_shared<MemorySource>(ByteView(as_bytes(text)).copy(), medium);
}

std::string read(const BlockSource& source, std::uint64_t offset, std::size_t length) {
  Bytes bytes(length, std::byte{'#'});
  const auto faults = source.read_at(offset, bytes);
  for (const ReadFault& fault : faults) {
    for (std::uint64_t i = 0; i < fault.range.length; ++i) {
      std::byte& byte = bytes.at(static_cast<std::size_t>(fault.range.offset + i - offset));
      BOOST_TEST((byte == std::byte{0}));
      byte = std::byte{'!'};
    }
  }
  return ByteView(bytes).str();
}

const auto kBase = memory("abcdefghijklmnopqrstuvwxyz");

std::shared_ptr<const BlockSource> overlay(std::vector<Replacement> replacements) {
  return OverlaySource::make(kBase,
                             {kBase, memory("0123456789", Medium::kMemory),
                              std::make_shared<UnreadableSource>("it is lost"), memory("ABCDEFGHIJ", Medium::kJournal)},
                             std::move(replacements))
      .value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(overlay_source)

BOOST_AUTO_TEST_CASE(every_read_of_it_agrees_with_the_whole) {
  const auto source = overlay({{{20, 3}, 3, 7}, {{2, 3}, 1, 4}, {{5, 2}, 0, 20}, {{0, 1}, 2, 99}, {{7, 1}, 0, 22}});
  const std::string whole = "!b456uvwijklmnopqrstHIJxyz";
  BOOST_TEST(source->size() == 26u);
  for (std::size_t begin = 0; begin <= whole.size(); ++begin) {
    for (std::size_t length = 0; begin + length <= whole.size(); ++length) {
      BOOST_TEST(read(*source, begin, length) == whole.substr(begin, length));
    }
  }
}

BOOST_AUTO_TEST_CASE(without_replacements_it_is_the_base) {
  const auto source = overlay({});
  BOOST_TEST(read(*source, 3, 5) == "defgh");
  BOOST_TEST(read(*source, 24, 5) == "yz!!!");
}

BOOST_AUTO_TEST_CASE(replaced_ranges_past_the_base) {
  const auto source = overlay({{{25, 3}, 1, 0}, {{30, 2}, 1, 5}});
  BOOST_TEST(source->size() == 26u);
  BOOST_TEST(read(*source, 24, 9) == "y012!!56!");
}

BOOST_AUTO_TEST_CASE(faults_are_told_in_its_own_coordinates) {
  const auto source = overlay({{{10, 4}, 1, 8}, {{20, 2}, 2, 0}});
  Bytes bytes(26);
  const auto faults = source->read_at(0, bytes);
  BOOST_TEST_REQUIRE(faults.size() == 2u);
  BOOST_TEST((faults[0].range == ByteRange{12, 2}));
  BOOST_TEST(faults[0].reason == "past the end of the image");
  BOOST_TEST((faults[1].range == ByteRange{20, 2}));
  BOOST_TEST(faults[1].reason == "it is lost");
}

BOOST_AUTO_TEST_CASE(where_the_bytes_lie) {
  const auto source = overlay({{{2, 3}, 1, 4}, {{5, 2}, 0, 20}, {{20, 3}, 3, 7}});
  const std::vector<Placement> all = {{{1, 1}, Medium::kImage, 1},
                                      {{2, 3}, Medium::kMemory, 0},
                                      {{5, 2}, Medium::kImage, 20},
                                      {{7, 13}, Medium::kImage, 7},
                                      {{20, 2}, Medium::kJournal, 7}};
  BOOST_TEST((source->locate(1, 21) == all));
  BOOST_TEST(source->locate(4, 0).empty());
  BOOST_TEST((source->locate(6, 1) == std::vector<Placement>{{{6, 1}, Medium::kImage, 21}}));
}

// A partition's bytes are told from the image's start, whether or not an overlay lies over them.
BOOST_AUTO_TEST_CASE(where_the_bytes_of_a_partition_lie) {
  const auto partition = std::make_shared<SliceSource>(kBase, 10, 10);
  BOOST_TEST((partition->locate(1, 3) == std::vector<Placement>{{{1, 3}, Medium::kImage, 11}}));
  const auto source = OverlaySource::make(partition, {partition}, {{{2, 2}, 0, 7}}).value();
  const std::vector<Placement> all = {
      {{0, 2}, Medium::kImage, 10}, {{2, 2}, Medium::kImage, 17}, {{4, 6}, Medium::kImage, 14}};
  BOOST_TEST((source->locate(0, 10) == all));
  BOOST_TEST(read(*source, 0, 10) == "klrsopqrst");
}

BOOST_AUTO_TEST_CASE(touching_replacements_are_one_read) {
  const auto source = overlay({{{4, 2}, 0, 12}, {{2, 2}, 0, 10}, {{6, 2}, 0, 15}});
  const std::vector<Placement> all = {{{2, 4}, Medium::kImage, 10}, {{6, 2}, Medium::kImage, 15}};
  BOOST_TEST((source->locate(2, 6) == all));
}

BOOST_AUTO_TEST_CASE(what_it_refuses) {
  const auto refused = [](std::vector<Replacement> replacements) {
    const auto made = OverlaySource::make(kBase, {kBase}, std::move(replacements));
    return made ? "" : made.error().what;
  };
  BOOST_TEST(refused({{{3, 2}, 0, 0}, {{4, 2}, 0, 9}}) == "two replacements overlap");
  BOOST_TEST(refused({{{3, 2}, 0, 0}, {{3, 2}, 0, 0}}) == "two replacements overlap");
  BOOST_TEST(refused({{{3, 0}, 0, 0}}) == "it replaces nothing");
  BOOST_TEST(refused({{{3, 1}, 1, 0}}) == "it replaces nothing");
  BOOST_TEST(refused({{{3, 2}, 0, ~std::uint64_t{0}}}) == "its end does not fit in 64 bits");
  BOOST_TEST(refused({{{~std::uint64_t{0}, 2}, 0, 0}}) == "its end does not fit in 64 bits");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::source
