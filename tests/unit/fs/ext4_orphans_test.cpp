#include "fs/ext4/orphans.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::ImageBuilder;

constexpr std::uint64_t kBitmap = 4;

/// Inodes 12 to 14 are files of four blocks and 1500 bytes, 15 one without a name; all are in the inode bitmap.
struct Image {
  Image() {
    for (const std::uint32_t number : {12U, 13U, 14U, 15U}) put_file(number, number == 15 ? 0 : 1, 0);
    image.put(std::uint64_t{2} * 1024 + offsetof(RawGroupDescriptor, bg_inode_bitmap_lo), Le32(kBitmap));
    image.put(kBitmap * 1024, Le32(0x7FFF));
  }
  void put_file(std::uint32_t number, std::uint16_t links, std::uint32_t next) {
    RawInode inode = test::make_inode();
    inode.i_links_count = links;
    inode.i_size_lo = 1500;
    inode.i_dtime = next;
    test::set_root(inode, test::make_node<RawExtent>(0, {test::extent(0, 4, std::uint64_t{number} * 8)}, 60));
    image.put_inode(number, inode);
  }
  void put_orphan_file(const std::vector<std::uint32_t>& inodes, std::uint32_t magic = 0x0b10ca04) {
    image.super.s_feature_compat = image.super.s_feature_compat | kCompatOrphanFile;
    image.super.s_orphan_file_inum = 11;
    RawInode file = test::make_inode();
    file.i_size_lo = 1024;
    test::set_root(file, test::make_node<RawExtent>(0, {test::extent(0, 1, 200)}, 60));
    image.put_inode(11, file);
    for (std::size_t i = 0; i < inodes.size(); ++i) image.put(std::uint64_t{200} * 1024 + i * 4, Le32(inodes[i]));
    image.put(201 * 1024 - 8, Le32(magic));
  }
  Orphans clean() {
    const auto filesystem = image.filesystem();
    edits = {};
    return clean_orphans(filesystem, InodeChanges(filesystem), edits);
  }
  ImageBuilder image;
  RecoveryEdits edits;
};

void expect_finding(const Orphans& orphans, const std::string& words) {
  BOOST_TEST_REQUIRE(orphans.findings.size() == 1u);
  BOOST_TEST(orphans.findings[0].find(words) != std::string::npos, orphans.findings[0]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_orphans)

BOOST_AUTO_TEST_CASE(none) {
  const Orphans orphans = Image().clean();
  BOOST_TEST(orphans.truncated == 0u);
  BOOST_TEST(orphans.removed == 0u);
  BOOST_TEST(orphans.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_list_of_truncated_and_removed_ones) {
  Image image;
  image.image.super.s_last_orphan = 12;
  image.put_file(12, 1, 15);
  image.put_file(15, 0, 14);
  const Orphans orphans = image.clean();
  BOOST_TEST(orphans.truncated == 2u);
  BOOST_TEST(orphans.removed == 1u);
  BOOST_TEST((image.edits.gone == std::set<std::uint64_t>{15}));
  BOOST_TEST(orphans.findings.empty());
  BOOST_TEST_REQUIRE(image.edits.ranges.size() == 2u);
  const auto& [first, edit] = *image.edits.ranges.at(12).all().begin();
  BOOST_TEST(first == 2u);  // 1500 bytes lie in two blocks
  BOOST_TEST((edit.kind == RangeEdit::Kind::kRemoved));
  BOOST_TEST(edit.end == kMaxFileBlocks);
}

BOOST_AUTO_TEST_CASE(a_list_that_comes_back) {
  Image image;
  image.image.super.s_last_orphan = 12;
  image.put_file(12, 1, 13);
  image.put_file(13, 1, 12);
  const Orphans orphans = image.clean();
  BOOST_TEST(orphans.truncated == 2u);
  expect_finding(orphans, "comes back to inode 12");
}

BOOST_AUTO_TEST_CASE(what_ends_the_list) {
  for (const std::uint32_t bad : {8U, 4000U, 16U}) {  // reserved, no such inode, not in use
    Image image;
    image.image.super.s_last_orphan = 12;
    image.put_file(12, 1, bad);
    const Orphans orphans = image.clean();
    BOOST_TEST(orphans.truncated == (bad == 4000 ? 0u : 1u));
    BOOST_TEST(orphans.findings.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(an_inode_whose_bit_is_clear_is_none) {
  Image image;
  image.image.super.s_last_orphan = 12;
  image.image.put(kBitmap * 1024, Le32(0x7FFF & ~(1U << 11)));
  const Orphans orphans = image.clean();
  BOOST_TEST(orphans.truncated == 0u);
  expect_finding(orphans, "inode 12 is not in use");
}

BOOST_AUTO_TEST_CASE(a_device_with_a_name_is_none) {
  Image image;
  image.image.super.s_last_orphan = 12;
  image.image.put(ImageBuilder::inode_at(12), Le16(020644));
  expect_finding(image.clean(), "nothing that could be truncated");
}

BOOST_AUTO_TEST_CASE(the_orphan_file) {
  Image image;
  image.put_orphan_file({0, 12, 0, 15, 16, 13});
  const Orphans orphans = image.clean();
  BOOST_TEST(orphans.truncated == 2u);
  BOOST_TEST(orphans.removed == 1u);
  expect_finding(orphans, "inode 16 is not in use");  // and the others go on
}

BOOST_AUTO_TEST_CASE(an_orphan_file_that_is_damaged) {
  Image image;
  image.put_orphan_file({12}, 7);
  const Orphans orphans = image.clean();
  BOOST_TEST(orphans.truncated == 0u);
  expect_finding(orphans, "ob_magic is wrong");
}

BOOST_AUTO_TEST_CASE(a_filesystem_with_errors_keeps_its_orphans) {
  Image image;
  image.image.super.s_last_orphan = 12;
  image.image.super.s_state = 2;
  BOOST_TEST(image.clean().truncated == 0u);
  image.image.super.s_state = 1;
  image.image.super.s_feature_ro_compat = 0x80000000;
  BOOST_TEST(image.clean().truncated == 0u);
  image.image.super.s_feature_ro_compat = 0;
  BOOST_TEST(image.clean().truncated == 1u);
}

BOOST_AUTO_TEST_CASE(opening_cleans_up_unless_told_not_to) {
  Image image;
  image.image.super.s_last_orphan = 12;
  for (const bool replay : {true, false}) {
    OpenOptions options;
    options.replay = replay;
    const auto volume = open(image.image.source(), options).value();
    BOOST_TEST(volume->facts().replay.orphans_truncated == (replay ? 1u : 0u));
    const auto inode = volume->inode({12}).value();
    BOOST_TEST(inode->map().value().mapped_end() == (replay ? 2048u : 4096u));
  }
}

BOOST_AUTO_TEST_CASE(a_block_is_held_against_its_checksum) {
  Bytes block(1024);
  put(block, 4, Le32(12));
  put(block, 1016, Le32(0x0b10ca04));
  BOOST_TEST(parse_orphan_block(block, 200, true, 5).fault == "its checksum is wrong");
  BOOST_TEST(parse_orphan_block(block, 200, false, 5).inodes == std::vector<std::uint32_t>{12});
  put(block, 1020, Le32(crc32c(crc32c(5, bytes_of(Le64(200))), ByteSpan(block).first(1016))));
  BOOST_TEST(parse_orphan_block(block, 200, true, 5).inodes == std::vector<std::uint32_t>{12});
  BOOST_TEST(parse_orphan_block(block, 201, true, 5).fault == "its checksum is wrong");
  BOOST_TEST(parse_orphan_block(Bytes(4), 200, true, 5).fault == "it is too short");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
