#include "fs/open.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/fs/disk_builder.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::fs {
namespace {

using test::DiskBuilder;

constexpr std::uint64_t kSector = 512;

/// The bytes of a small ext4 filesystem with a label.
Bytes ext4(const std::string& label) {
  coldread::ext4::test::ImageBuilder image;
  std::copy(label.begin(), label.end(), image.super.s_volume_name.begin());
  image.super.s_uuid.fill(0xab);
  const auto source = image.source();
  Bytes bytes(static_cast<std::size_t>(source->size()));
  BOOST_TEST_REQUIRE(source->read_at(0, bytes).empty());
  return bytes;
}

Result<ImageContents> open(const std::string& bytes, const OpenOptions& options = {}) {
  const coldread::test::TempDir dir;
  coldread::test::write_text(dir / "disk", bytes);
  return open_image(source::FileSource::open(dir / "disk").value(), options);
}

OpenOptions partition(const std::string& name) {
  OpenOptions options;
  options.partition = name;
  return options;
}

OpenOptions offset(std::uint64_t bytes) {
  OpenOptions options;
  options.offset = bytes;
  return options;
}

void expect_error(const Result<ImageContents>& opened, ErrorKind kind, const std::string& words) {
  BOOST_TEST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().kind == kind));
  BOOST_TEST(opened.error().message().find(words) != std::string::npos, opened.error().message());
}

/// Partition 1 holds ext4 ("one"), 2 f2fs, 3 ext4 ("three"), 4 nothing.
std::string disk() {
  DiskBuilder disk(4096 * kSector);
  for (unsigned i = 0; i < 4; ++i) disk.dos_entry(0, i, 0x83, 64 + i * 600, 600);
  disk.put(64 * kSector, ext4("one"));
  disk.field(664 * kSector + 1024, Le32(0xF2F52010));
  disk.put(1264 * kSector, ext4("three"));
  return disk.bytes();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(open_images)

BOOST_AUTO_TEST_CASE(a_whole_image) {
  const auto opened = open(std::string(as_chars(ext4("one"))));
  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST(opened->table.type == "");
  BOOST_TEST_REQUIRE(opened->filesystems.size() == 1u);
  const Found& found = opened->filesystems[0];
  BOOST_TEST(!found.partition.has_value());
  BOOST_TEST(found.type == "ext4");
  BOOST_TEST(found.size == 262144u);
  BOOST_TEST_REQUIRE(found.volume != nullptr);
  BOOST_TEST(found.volume->facts().label == "one");
}

BOOST_AUTO_TEST_CASE(every_filesystem_of_a_disk) {
  const auto opened = open(disk());
  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST_REQUIRE(opened->filesystems.size() == 3u);
  BOOST_TEST(opened->filesystems[0].partition->number == 1u);
  BOOST_TEST(opened->filesystems[0].offset == 64 * kSector);
  BOOST_TEST(opened->filesystems[0].size == 600 * kSector);
  BOOST_TEST(opened->filesystems[1].type == "f2fs");
  BOOST_TEST(opened->filesystems[1].volume == nullptr);
  BOOST_TEST_REQUIRE(opened->filesystems[1].error.has_value());
  BOOST_TEST((opened->filesystems[1].error->kind == ErrorKind::kCorrupt));
  BOOST_TEST(opened->filesystems[2].volume->facts().label == "three");
}

BOOST_AUTO_TEST_CASE(one_partition_by_its_names) {
  for (const std::string name : {"3", "three"}) {
    const auto opened = open(disk(), partition(name));
    BOOST_TEST_REQUIRE(opened.has_value());
    BOOST_TEST_REQUIRE(opened->filesystems.size() == 1u);
    BOOST_TEST(opened->filesystems[0].partition->number == 3u);
  }
  expect_error(open(disk(), partition("9")), ErrorKind::kNotFound, "the image has 1, 2, 3, 4");
  expect_error(open(disk(), partition("4")), ErrorKind::kNotFound, "no ext4 or f2fs filesystem on it");
  // Both filesystems have the same UUID.
  expect_error(open(disk(), partition("ABABABAB-abab-abab-abab-abababababab")), ErrorKind::kUsage, "more than one");
}

BOOST_AUTO_TEST_CASE(a_label_where_there_is_no_table) {
  const std::string image(as_chars(ext4("one")));
  BOOST_TEST(open(image, partition("one")).has_value());
  expect_error(open(image, partition("1")), ErrorKind::kNotFound, "no partition table");
}

BOOST_AUTO_TEST_CASE(an_offset_leaves_the_table_aside) {
  const auto opened = open(disk(), offset(1264 * kSector));
  BOOST_TEST_REQUIRE(opened.has_value());
  BOOST_TEST(!opened->filesystems[0].partition.has_value());
  BOOST_TEST(opened->filesystems[0].volume->facts().label == "three");
  expect_error(open(disk(), offset(512)), ErrorKind::kNotFound, "byte 512");
  expect_error(open(disk(), offset(1ull << 62)), ErrorKind::kNotFound, "past the image's end");
  OpenOptions both = offset(0);
  both.partition = "1";
  expect_error(open(disk(), both), ErrorKind::kUsage, "--offset and --partition");
}

BOOST_AUTO_TEST_CASE(nothing_to_be_found) {
  expect_error(open(""), ErrorKind::kNotFound, "no ext4 or f2fs filesystem was found");
  expect_error(open(std::string(1 << 20, '\0')), ErrorKind::kNotFound, "no ext4 or f2fs filesystem was found");
}

BOOST_AUTO_TEST_CASE(another_filesystem_is_named) {
  std::string swap(1 << 20, '\0');
  swap.replace(4096 - 10, 10, "SWAPSPACE2");
  swap.replace(1024, 1, "\1");
  swap.replace(1028, 4, std::string("\xff\0\0\0", 4));
  expect_error(open(swap), ErrorKind::kNotFound, "the image holds swap");
  expect_error(open(swap, offset(0)), ErrorKind::kNotFound, "it holds swap");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::fs
