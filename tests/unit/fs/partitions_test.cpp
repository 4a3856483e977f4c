#include "fs/partitions.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/fs/disk_builder.hpp"

namespace coldread::fs {
namespace {

using test::DiskBuilder;

constexpr std::uint64_t kSector = 512;

PartitionTable read(const std::string& bytes) {
  const coldread::test::TempDir dir;
  coldread::test::write_text(dir / "disk", bytes);
  return read_partitions(*source::FileSource::open(dir / "disk").value()).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(partitions)

BOOST_AUTO_TEST_CASE(no_table) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{512}, std::size_t{1536}, std::size_t{1} << 20}) {
    const PartitionTable table = read(std::string(size, '\0'));
    BOOST_TEST(table.type == "");
    BOOST_TEST(table.sector_size == 0u);
    BOOST_TEST(table.partitions.empty());
    BOOST_TEST(table.findings.empty());
  }
}

BOOST_AUTO_TEST_CASE(dos_with_logical_partitions) {
  DiskBuilder disk(4096 * kSector);
  disk.field(440, Le32(0x12345678));
  disk.dos_entry(0, 0, 0x83, 64, 100);
  disk.dos_entry(0, 1, 0x05, 1024, 2048);
  disk.dos_entry(1024 * kSector, 0, 0x83, 8, 200);    // logical: counted from its own sector
  disk.dos_entry(1024 * kSector, 1, 0x05, 512, 512);  // the next one: counted from the container
  disk.dos_entry(1536 * kSector, 0, 0x0c, 8, 300);
  const PartitionTable table = read(disk.bytes());
  BOOST_TEST(table.type == "dos");
  BOOST_TEST(table.sector_size == 512u);
  BOOST_TEST(table.findings.empty());
  BOOST_TEST_REQUIRE(table.partitions.size() == 3u);  // the container is not among them
  BOOST_TEST(table.partitions[0].number == 1u);
  BOOST_TEST(table.partitions[0].type == "0x83");
  BOOST_TEST(table.partitions[0].uuid == "12345678-01");
  BOOST_TEST(table.partitions[0].offset == 64 * kSector);
  BOOST_TEST(table.partitions[0].size == 100 * kSector);
  BOOST_TEST(table.partitions[1].number == 5u);
  BOOST_TEST(table.partitions[1].offset == 1032 * kSector);
  BOOST_TEST(table.partitions[2].number == 6u);
  BOOST_TEST(table.partitions[2].type == "0x0c");
  BOOST_TEST(table.partitions[2].offset == 1544 * kSector);
}

BOOST_AUTO_TEST_CASE(logical_partitions_that_go_round_in_circles) {
  DiskBuilder disk(4096 * kSector);
  disk.dos_entry(0, 0, 0x05, 1024, 2048);
  disk.dos_entry(1024 * kSector, 0, 0x83, 8, 200);
  disk.dos_entry(1024 * kSector, 1, 0x05, 0, 512);
  BOOST_TEST(read(disk.bytes()).partitions.size() <= 128u);
}

BOOST_AUTO_TEST_CASE(gpt) {
  for (const std::uint32_t sector : {512u, 4096u}) {
    DiskBuilder disk(std::size_t{1} << 20);
    disk.gpt(sector, 65536 / sector, 131072 / sector - 1, "evidence");
    const PartitionTable table = read(disk.bytes());
    BOOST_TEST(table.type == "gpt");
    BOOST_TEST(table.sector_size == sector);
    BOOST_TEST_REQUIRE(table.partitions.size() == 1u);
    BOOST_TEST(table.partitions[0].number == 1u);
    BOOST_TEST(table.partitions[0].label == "evidence");
    BOOST_TEST(table.partitions[0].uuid == "11111111-1111-1111-1111-111111111111");
    BOOST_TEST(table.partitions[0].type == "0fc63daf-8483-4772-8e79-3d69d8477de4");
    BOOST_TEST(table.partitions[0].offset == 65536u);
    BOOST_TEST(table.partitions[0].size == 65536u);
  }
}

BOOST_AUTO_TEST_CASE(a_partition_past_the_end_stays) {
  DiskBuilder disk(256 * kSector);
  disk.dos_entry(0, 0, 0x83, 64, 100);
  disk.dos_entry(0, 1, 0x83, 200, 100);
  disk.dos_entry(0, 2, 0x83, 5000, 100);
  const PartitionTable table = read(disk.bytes());
  BOOST_TEST_REQUIRE(table.partitions.size() == 3u);
  BOOST_TEST_REQUIRE(table.findings.size() == 2u);
  BOOST_TEST(table.findings[0] == "partition 2 ends at byte 153600, past the image's end at byte 131072");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::fs
