#include "core/source/joined_source.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/source/memory_source.hpp"

namespace coldread::source {
namespace {

std::shared_ptr<const BlockSource> memory(std::string_view text) {
  return std::make_shared<MemorySource>(ByteView(as_bytes(text)).copy());
}

/// "abcd", two of three bytes "EF", nothing of "", "ghij" of which two are used.
JoinedSource joined() {
  return JoinedSource({{memory("abcd"), 4}, {memory("EF"), 3}, {memory("x"), 0}, {memory("ghij"), 2}});
}

/// What is read, "!" where it is a fault, and the faults' reasons.
std::string read(const JoinedSource& source, std::uint64_t offset, std::size_t length) {
  Bytes bytes(length, std::byte{'#'});
  const auto faults = source.read_at(offset, bytes);
  std::string reasons;
  for (const ReadFault& fault : faults) {
    for (std::uint64_t i = 0; i < fault.range.length; ++i) {
      std::byte& byte = bytes.at(static_cast<std::size_t>(fault.range.offset + i - offset));
      BOOST_TEST((byte == std::byte{0}));
      byte = std::byte{'!'};
    }
    reasons += " " + fault.reason;
  }
  return ByteView(bytes).str() + reasons;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(joined_source)

BOOST_AUTO_TEST_CASE(reads_across_members) {
  const JoinedSource source = joined();
  BOOST_TEST(source.size() == 9u);
  BOOST_TEST(read(source, 0, 4) == "abcd");
  BOOST_TEST(read(source, 3, 2) == "dE");
  BOOST_TEST(read(source, 0, 9) == "abcdEF!gh device 1: past the end of the image");
  BOOST_TEST(read(source, 6, 1) == "! device 1: past the end of the image");
  BOOST_TEST(read(source, 7, 2) == "gh");
  BOOST_TEST(read(source, 8, 3) == "h!! past the end of the last device");
  BOOST_TEST(read(source, 9, 1) == "! past the end of the last device");
  BOOST_TEST(read(source, ~std::uint64_t{0} - 1, 4) == "!!!! past the end of the last device");
  BOOST_TEST(read(source, 4, 0).empty());
}

BOOST_AUTO_TEST_CASE(tells_where_bytes_lie) {
  const auto placements = joined().locate(2, 9);
  const std::vector<Placement> expected = {{{2, 2}, Medium::kImage, 2, 0},
                                           {{4, 3}, Medium::kImage, 0, 1},
                                           {{7, 2}, Medium::kImage, 0, 3},
                                           {{9, 2}, Medium::kMemory, 0, 0}};
  BOOST_TEST((placements == expected));
}

BOOST_AUTO_TEST_CASE(of_nothing) {
  const JoinedSource source({});
  BOOST_TEST(source.size() == 0u);
  BOOST_TEST(read(source, 0, 1) == "! past the end of the last device");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::source
