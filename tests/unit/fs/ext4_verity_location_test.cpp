#include "fs/ext4/verity_location.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "core/read/map_reader.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

/// A file of `size` bytes whose bytes up to `mapped_end` all lie in one extent, with the descriptor's length at its
/// end.
Result<volume::VerityLocation> locate(std::uint64_t size, std::uint64_t mapped_end, std::uint32_t descriptor_size) {
  Bytes bytes(static_cast<std::size_t>(mapped_end));
  if (mapped_end >= 4) {
    const Le32 field(descriptor_size);
    std::memcpy(bytes.data() + mapped_end - 4, &field, 4);
  }
  std::vector<read::Extent> extents;
  if (mapped_end != 0) extents.push_back({0, mapped_end, read::ExtentKind::kStored, 0});
  const auto source = std::make_shared<const source::MemorySource>(std::move(bytes));
  const read::MapReader past_eof(source, read::FileMap::make(extents, size, mapped_end).value(), mapped_end, 4096);
  InodeRecord inode;
  inode.facts.number = {12};
  inode.facts.size = size;
  return find_verity(inode, 4096, mapped_end, past_eof);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_verity_location)

BOOST_AUTO_TEST_CASE(descriptor_in_the_last_block) {
  const auto found = locate(5000, 65536 + 2 * 4096, 256);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->tree_offset == 65536u);
  BOOST_TEST(found->tree_space == 4096u);
  BOOST_TEST(found->descriptor_offset == 69632u);
  BOOST_TEST(found->descriptor_size == 256u);
}

// verity.rst: where less than 4 bytes are left in the descriptor's last block, the length lies in the next one.
BOOST_AUTO_TEST_CASE(length_in_a_block_of_its_own) {
  BOOST_TEST(locate(65536, 65536 + 3 * 4096, 4093)->descriptor_offset == 69632u);
  BOOST_TEST(locate(65536, 65536 + 3 * 4096, 4092)->descriptor_offset == 73728u);
}

BOOST_AUTO_TEST_CASE(no_tree_in_front) {
  const auto found = locate(0, 4096, 256);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->tree_offset == 0u);
  BOOST_TEST(found->tree_space == 0u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be) {
  for (const auto& found : {locate(5000, 65536, 256), locate(5000, 0, 0), locate(5000, 65536 + 4096, 255),
                            locate(5000, 65536 + 8 * 4096, 16385), locate(5000, 65536 + 4096, 0xffffffff),
                            locate(5000, 65536 + 4096, 5000), locate(~0ull, 4096, 256)}) {
    BOOST_TEST_REQUIRE(!found.has_value());
    BOOST_TEST((found.error().kind == ErrorKind::kCorrupt));
    BOOST_TEST(found.error().where == "inode 12");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
