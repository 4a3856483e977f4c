#include <array>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/inode_times.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::volume {

static std::ostream& operator<<(std::ostream& out, const Timestamp& time) {
  return out << time.seconds << "." << time.nanoseconds;
}

}  // namespace coldread::volume

namespace coldread::ext4 {
namespace {

using test::ImageBuilder;
using test::make_inode;
using volume::FileType;
using volume::Timestamp;

InodeRecord read(ImageBuilder& image, const RawInode& inode) {
  image.put_inode(ImageBuilder::kFile, inode);
  return read_inode(*image.filesystem(), InodeNumber{ImageBuilder::kFile}).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_inode)

// Documentation/filesystems/ext4/inodes.rst, "Inode Timestamps": both ends of each row of its table.
BOOST_AUTO_TEST_CASE(times) {
  struct Row {
    std::uint32_t epoch;
    std::uint32_t first, last;
    std::int64_t first_seconds, last_seconds;
  };
  constexpr std::array<Row, 8> kRows = {{
      {0, 0x80000000, 0xffffffff, -0x80000000LL, -1},
      {0, 0x00000000, 0x7fffffff, 0, 0x7fffffff},
      {1, 0x80000000, 0xffffffff, 0x080000000, 0x0ffffffff},
      {1, 0x00000000, 0x7fffffff, 0x100000000, 0x17fffffff},
      {2, 0x80000000, 0xffffffff, 0x180000000, 0x1ffffffff},
      {2, 0x00000000, 0x7fffffff, 0x200000000, 0x27fffffff},
      {3, 0x80000000, 0xffffffff, 0x280000000, 0x2ffffffff},
      {3, 0x00000000, 0x7fffffff, 0x300000000, 0x37fffffff},
  }};
  for (const Row& row : kRows) {
    BOOST_TEST(decode_time(row.first, row.epoch) == (Timestamp{row.first_seconds, 0}));
    BOOST_TEST(decode_time(row.last, row.epoch | (999999999u << 2)) == (Timestamp{row.last_seconds, 999999999}));
  }
}

BOOST_AUTO_TEST_CASE(nanoseconds_of_a_second_or_more_are_cut) {
  BOOST_TEST(!time_is_damaged(999999999u << 2));
  BOOST_TEST(time_is_damaged(1000000000u << 2));
  BOOST_TEST(decode_time(5, 0xfffffffc) == (Timestamp{5, 999999999}));
  ImageBuilder image;
  RawInode inode = make_inode();
  inode.i_mtime_extra = 0xfffffffc;
  BOOST_TEST(read(image, inode).findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(facts) {
  ImageBuilder image;
  RawInode inode = make_inode(0104755);
  inode.i_uid = 0x5678;
  inode.l_i_uid_high = 0x1234;
  inode.i_gid = 0xffff;
  inode.l_i_gid_high = 0xffff;
  inode.i_links_count = 65000;
  inode.i_size_lo = 5;
  inode.i_size_high = 2;
  inode.i_mtime = 100;
  inode.i_mtime_extra = 7u << 2;
  inode.i_crtime = 50;
  inode.i_flags = kExtentsFlag | kEncryptFlag | kVerityFlag;
  const InodeRecord record = read(image, inode);
  BOOST_TEST((record.facts.type == FileType::kFile));
  BOOST_TEST(record.facts.mode == 04755u);
  BOOST_TEST(record.facts.uid == 0x12345678u);
  BOOST_TEST(record.facts.gid == 0xffffffffu);
  BOOST_TEST(record.facts.links == 65000u);
  BOOST_TEST(record.facts.size == 0x200000005u);
  BOOST_TEST(record.facts.mtime == (Timestamp{100, 7}));
  BOOST_TEST_REQUIRE(record.facts.crtime.has_value());
  BOOST_TEST(*record.facts.crtime == (Timestamp{50, 0}));
  BOOST_TEST(record.facts.encrypted);
  BOOST_TEST(record.facts.verity);
  BOOST_TEST(!record.facts.casefold);
  BOOST_TEST(record.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_directory_has_no_upper_half_of_its_size) {
  ImageBuilder image;
  RawInode inode = make_inode(0040755);
  inode.i_size_lo = 1024;
  inode.i_size_high = 1;
  BOOST_TEST(read(image, inode).facts.size == 1024u);
}

BOOST_AUTO_TEST_CASE(fields_end_with_i_extra_isize) {
  ImageBuilder image;
  RawInode inode = make_inode();
  inode.i_crtime = 50;
  inode.i_mtime_extra = 7u << 2;
  inode.i_atime_extra = 9u << 2;
  inode.i_extra_isize = 12;  // up to i_mtime_extra
  InodeRecord record = read(image, inode);
  BOOST_TEST(!record.facts.crtime);
  BOOST_TEST(record.facts.mtime.nanoseconds == 7u);
  BOOST_TEST(record.facts.atime.nanoseconds == 0u);

  inode.i_extra_isize = 20;  // i_crtime, without its extra field
  BOOST_TEST(read(image, inode).facts.crtime.has_value());

  for (const std::uint16_t impossible : {std::uint16_t{130}, std::uint16_t{6}, std::uint16_t{0xffff}}) {
    inode.i_extra_isize = impossible;
    record = read(image, inode);
    BOOST_TEST(record.findings.size() == 1u);
    BOOST_TEST(!record.facts.crtime);
    BOOST_TEST(record.facts.mtime.nanoseconds == 0u);
  }
}

BOOST_AUTO_TEST_CASE(device_numbers) {
  ImageBuilder image;
  RawInode inode = make_inode(0060644);
  inode.i_block[0] = 0x07ff;  // the old encoding
  InodeRecord record = read(image, inode);
  BOOST_TEST(record.facts.rdev_major == 7u);
  BOOST_TEST(record.facts.rdev_minor == 255u);

  inode = make_inode(0020644);
  inode.i_block[1] = 0x00110300;  // the new one: bits 8 to 19 are the major
  record = read(image, inode);
  BOOST_TEST((record.facts.type == FileType::kChr));
  BOOST_TEST(record.facts.rdev_major == 259u);
  BOOST_TEST(record.facts.rdev_minor == 256u);
}

BOOST_AUTO_TEST_CASE(what_is_no_inode) {
  ImageBuilder image;
  RawInode unlinked = make_inode();
  unlinked.i_links_count = 0;
  image.put_inode(ImageBuilder::kFile, unlinked);
  image.put_inode(8, make_inode());
  const auto volume = open(image.source()).value();
  for (const std::uint64_t number : {0ull, 13ull, 12ull, 33ull, 0x100000002ull, 8ull}) {
    const auto inode = volume->inode(InodeNumber{number});
    BOOST_TEST_REQUIRE(!inode.has_value());
    BOOST_TEST((inode.error().kind == ErrorKind::kCorrupt));
    BOOST_TEST(inode.error().where == "inode " + std::to_string(number));
  }
}

BOOST_AUTO_TEST_CASE(a_fast_symlink_lies_in_its_inode) {
  ImageBuilder image;
  RawInode inode = make_inode(0120777);
  inode.i_flags = 0;
  inode.i_size_lo = 6;
  inode.i_file_acl_lo = 30;
  inode.i_blocks_lo = 2;  // the attributes' block
  image.put_inode(ImageBuilder::kFile, inode);
  const auto filesystem = image.filesystem();
  const auto map = Ext4Inode(filesystem, read_inode(*filesystem, InodeNumber{ImageBuilder::kFile}).value()).map();
  BOOST_TEST_REQUIRE(map.has_value());
  const read::MapPiece piece = map->piece(0, 6);
  BOOST_TEST_REQUIRE(piece.extents.size() == 1u);
  BOOST_TEST((piece.extents[0] == read::Extent{0, 6, read::ExtentKind::kInline, ImageBuilder::inode_at(12) + 40}));

  for (const std::uint32_t size : {0u, 60u}) {
    inode.i_size_lo = size;
    BOOST_TEST(!Ext4Inode(filesystem, read(image, inode)).map().has_value());
  }
}

BOOST_AUTO_TEST_CASE(mappings_that_cannot_be_are_named) {
  ImageBuilder image;
  const auto filesystem = image.filesystem();
  const auto reason = [&](std::uint32_t flags, std::uint32_t size_high) {
    RawInode inode = make_inode();
    inode.i_flags = flags;
    inode.i_blocks_lo = 2;
    inode.i_size_high = size_high;
    const auto map = Ext4Inode(filesystem, read(image, inode)).map();
    BOOST_TEST_REQUIRE(!map.has_value());
    BOOST_TEST((map.error().kind == ErrorKind::kCorrupt));
    return map.error().what;
  };
  BOOST_TEST(reason(0, 5).find("larger than what indirect blocks can map") != std::string::npos);
  BOOST_TEST(reason(kExtentsFlag, 0x10000).find("larger than what extents can map") != std::string::npos);
  BOOST_TEST(reason(kInlineDataFlag, 0).find("not the attribute \"system.data\"") != std::string::npos);
  BOOST_TEST(reason(kEaInodeFlag, 0).find("ea_inode") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
