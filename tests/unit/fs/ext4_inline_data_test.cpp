#include "fs/ext4/inline_data.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fs/ext4/inode.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::concat;
using test::dirent;
using test::ImageBuilder;

constexpr std::uint64_t kInode = ImageBuilder::inode_at(ImageBuilder::kFile);
constexpr std::uint64_t kBody = kInode + 160;  // of attributes, with their magic
constexpr std::uint16_t kValueAt = 40;         // from behind the magic

/// An inode of inline data whose second part is `rest`.
struct Inline {
  explicit Inline(std::uint32_t size, std::string_view rest = "", std::uint16_t mode = 0100644) {
    inode = test::make_inode(mode);
    inode.i_flags = kInlineDataFlag;
    inode.i_size_lo = size;
    image.put_inode(ImageBuilder::kFile, inode);
    image.put(kBody, Le32(kXattrMagic));
    put_attribute({4, 7, kValueAt, 0, static_cast<std::uint32_t>(rest.size()), 0});
    image.put_bytes(kBody + 4 + kValueAt, as_bytes(rest));
  }
  void put_attribute(const RawXattrEntry& entry) {
    image.put(kBody + 4, entry);
    image.put_bytes(kBody + 4 + sizeof(entry), as_bytes("data"));
  }
  [[nodiscard]] Ext4Inode read() {
    const auto filesystem = image.filesystem();
    return {filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value()};
  }

  ImageBuilder image;
  RawInode inode;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_inline_data)

BOOST_AUTO_TEST_CASE(both_parts_and_the_zeros_after_them) {
  Inline file(100, "0123456789");
  const auto map = file.read().map();
  BOOST_TEST_REQUIRE(map.has_value());
  const read::MapPiece piece = map->piece(0, 100);
  BOOST_TEST_REQUIRE(piece.extents.size() == 3u);
  BOOST_TEST((piece.extents[0] == read::Extent{0, 60, read::ExtentKind::kInline, kInode + 40}));
  BOOST_TEST((piece.extents[1] == read::Extent{60, 10, read::ExtentKind::kInline, kBody + 4 + kValueAt}));
  BOOST_TEST((piece.extents[2] == read::Extent{70, 30, read::ExtentKind::kHole, 0}));
}

BOOST_AUTO_TEST_CASE(a_file_ends_at_its_size) {
  Inline file(64, "0123456789");
  const read::MapPiece piece = file.read().map().value().piece(0, 64);
  BOOST_TEST_REQUIRE(piece.extents.size() == 2u);
  BOOST_TEST(piece.extents[1].length == 4u);
  Inline small(7);
  BOOST_TEST(small.read().map().value().piece(0, 7).extents.size() == 1u);
  Inline empty(0);
  BOOST_TEST((empty.read().map().value().piece(0, 7).extents[0].kind == read::ExtentKind::kHole));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused) {
  Inline outside(70, "0123456789");
  outside.put_attribute({4, 7, kValueAt, 0, 500, 0});
  BOOST_TEST(outside.read().map().error().what.find("reaches out") != std::string::npos);
  Inline elsewhere(70);
  elsewhere.put_attribute({4, 7, 0, 13, 10, 0});
  BOOST_TEST(elsewhere.read().map().error().what.find("another inode") != std::string::npos);
  Inline missing(70);
  missing.put_attribute({4, 1, 0, 0, 0, 0});
  BOOST_TEST(missing.read().map().error().what.find("not the attribute") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_goes_on_in_its_attribute) {
  const Bytes rest = concat({dirent(14, 16, "second"), dirent(0, 12, ""), dirent(15, 12, "abc")});
  Inline directory(100, as_chars(rest), 040755);
  const Bytes first = concat({dirent(13, 56, "first")});
  directory.image.put(kInode + 40, Le32(2));
  directory.image.put_bytes(kInode + 44, first);
  const auto names = directory.read().entries();
  BOOST_TEST_REQUIRE(names.has_value());
  BOOST_TEST(names->findings.empty());
  BOOST_TEST_REQUIRE(names->entries.size() == 3u);
  BOOST_TEST(names->entries[0].name == "first");
  BOOST_TEST(names->entries[0].inode.value == 13u);
  BOOST_TEST(names->entries[1].name == "second");
  BOOST_TEST(names->entries[2].name == "abc");
}

BOOST_AUTO_TEST_CASE(a_damaged_directory_keeps_its_other_part) {
  const Bytes rest = dirent(14, 16, "second");
  Inline directory(76, as_chars(rest), 040755);
  directory.image.put_bytes(kInode + 44, dirent(13, 60, "first"));  // longer than the part
  const auto names = directory.read().entries();
  BOOST_TEST_REQUIRE(names.has_value());
  BOOST_TEST(names->findings.size() == 1u);
  BOOST_TEST_REQUIRE(names->entries.size() == 1u);
  BOOST_TEST(names->entries[0].name == "second");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
