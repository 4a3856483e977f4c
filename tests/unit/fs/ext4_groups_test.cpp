#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "fs/ext4/bitmaps.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::ImageBuilder;

constexpr std::uint64_t kBlock = 1024;
constexpr std::uint64_t kTable = 2 * kBlock;
constexpr std::uint64_t kBlocksPerGroup = 64;

/// Four groups of 64 blocks, with copies of the descriptors in groups 1 and 3.
struct Groups : ImageBuilder {
  Groups() {
    super.s_blocks_per_group = super.s_clusters_per_group = kBlocksPerGroup;
    super.s_inodes_count = 128;
    super.s_feature_ro_compat = kRoCompatSparseSuper;
    for (std::uint32_t group = 0; group < 4; ++group) {
      raw[group].bg_block_bitmap_lo = 20 + group;
      raw[group].bg_inode_bitmap_lo = 24 + group;
      raw[group].bg_inode_table_lo = 30 + group * 8;
    }
  }
  /// Puts all copies of the table, with the checksums that the features ask for.
  void put_tables() {
    const Superblock s = filesystem()->superblock();
    for (std::uint32_t group = 0; group < 4; ++group) {
      RawGroupDescriptor& d = raw[group];
      if (s.metadata_checksums) {
        const auto sum = [&](std::uint32_t block, std::size_t length) {
          return static_cast<std::uint16_t>(
              crc32c(s.checksum_seed, ByteSpan(bytes).subspan(std::uint64_t{block} * kBlock, length)));
        };
        d.bg_block_bitmap_csum_lo = sum(d.bg_block_bitmap_lo, 8);
        d.bg_inode_bitmap_csum_lo = sum(d.bg_inode_bitmap_lo, 4);
        d.bg_checksum = 0;
        const std::uint32_t seed = crc32c(s.checksum_seed, bytes_of(Le32(group)));
        d.bg_checksum = static_cast<std::uint16_t>(crc32c(seed, bytes_of(d).first(32)));
      }
      for (const std::uint64_t table :
           {kTable, (1 + kBlocksPerGroup + 1) * kBlock, (1 + 3 * kBlocksPerGroup + 1) * kBlock}) {
        put_bytes(table + std::uint64_t{group} * 32, bytes_of(d).first(32));
      }
    }
  }

  std::array<RawGroupDescriptor, 4> raw{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_groups)

BOOST_AUTO_TEST_CASE(a_descriptor_with_a_wrong_checksum_is_replaced_by_its_copy) {
  Groups image;
  image.super.s_feature_ro_compat = kRoCompatSparseSuper | kRoCompatMetadataChecksum;
  image.super.s_checksum_type = 1;
  image.put_tables();
  Findings findings;
  BOOST_TEST(read_descriptor(*image.filesystem(), 2, findings)->inode_table == 46u);
  BOOST_TEST(findings.empty());

  RawGroupDescriptor damaged = image.raw[2];
  damaged.bg_inode_table_lo = 99;
  image.put_bytes(kTable + 64, bytes_of(damaged).first(32));
  BOOST_TEST(read_descriptor(*image.filesystem(), 2, findings)->inode_table == 46u);
  const Findings expected = {"the descriptor of group 2 has a wrong checksum; its copy at byte 67648 is used"};
  BOOST_TEST(findings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_a_good_copy_a_wrong_checksum_is_told) {
  Groups image;
  image.super.s_feature_ro_compat = kRoCompatSparseSuper | kRoCompatUninitBg;
  image.put_tables();  // bg_checksum is zero in all of them
  Findings findings;
  BOOST_TEST(read_descriptor(*image.filesystem(), 0, findings)->inode_table == 30u);
  const Findings expected = {"the descriptor of group 0 has a wrong checksum"};
  BOOST_TEST(findings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_table_that_cannot_be_needs_a_copy) {
  Groups image;
  image.put_tables();
  RawGroupDescriptor damaged = image.raw[1];
  damaged.bg_inode_table_lo = 5000;
  image.put_bytes(kTable + 32, bytes_of(damaged).first(32));
  Findings findings;
  BOOST_TEST(inode_offset(*image.filesystem(), InodeNumber{33}, findings).value() == 38 * kBlock);
  BOOST_TEST(findings.size() == 1u);

  image.raw[1].bg_inode_table_lo = 5000;
  image.put_tables();
  const auto lost = inode_offset(*image.filesystem(), InodeNumber{33}, findings);
  BOOST_TEST_REQUIRE(!lost.has_value());
  BOOST_TEST(lost.error().message() ==
             "inode 33: the descriptor of group 1 puts the inode table at block 5000, where it cannot be, and there is "
             "no good copy");
}

BOOST_AUTO_TEST_CASE(bitmaps_are_held_against_their_checksums) {
  Groups image;
  image.super.s_feature_ro_compat = kRoCompatSparseSuper | kRoCompatMetadataChecksum;
  image.super.s_checksum_type = 1;
  image.raw[3].bg_flags = kBlockUninit | kInodeUninit;
  image.put_tables();
  BOOST_TEST(check_groups(*image.filesystem()).empty());

  image.put(21 * kBlock + 7, Le16(1));  // the last byte that counts, of group 1
  image.put(26 * kBlock + 4, Le16(1));  // past the inodes of group 2
  image.put(24 * kBlock + 3, Le16(1));  // the last byte that counts, of group 0
  image.put(23 * kBlock, Le16(1));      // of group 3, whose bitmap was never written
  const Findings expected = {"the inode bitmap of group 0: its checksum is wrong",
                             "the block bitmap of group 1: its checksum is wrong"};
  BOOST_TEST(check_groups(*image.filesystem()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(groups_past_the_end_of_a_cut_image_are_left_out) {
  Groups image;
  image.super.s_feature_ro_compat = kRoCompatSparseSuper | kRoCompatMetadataChecksum;
  image.super.s_checksum_type = 1;
  image.put_tables();
  image.bytes.resize(100 * kBlock);
  BOOST_TEST(check_groups(*image.filesystem()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
