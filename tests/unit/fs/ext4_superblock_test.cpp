#include "fs/ext4/superblock.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/find_superblock.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "fs/ext4/journal_layout.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::ImageBuilder;

constexpr std::uint64_t kKib = 1024;

Result<Superblock> parse(const RawSuperblock& raw) { return parse_superblock(ByteView(bytes_of(raw))); }

/// Damages a superblock by `change` and expects the field to be named.
template <class Change>
void expect_impossible(const std::string& field, Change change) {
  RawSuperblock raw = ImageBuilder().super;
  change(raw);
  const auto parsed = parse(raw);
  BOOST_TEST_REQUIRE(!parsed);
  BOOST_TEST((parsed.error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(parsed.error().what.rfind(field, 0) == 0u, parsed.error().what);
}

void sign(RawSuperblock& raw) {
  raw.s_feature_ro_compat = raw.s_feature_ro_compat | kRoCompatMetadataChecksum;
  raw.s_checksum_type = 1;
  raw.s_checksum = crc32c(~0u, bytes_of(raw).first(1020));
}

/// A filesystem of two groups with a good backup in the second one, and a sound primary.
struct TwoGroups {
  TwoGroups() {
    image.bytes.resize((8192 + 64) * kKib);
    image.super.s_blocks_count_lo = 8192 + 64;
    image.super.s_inodes_count = 64;
    image.put(2 * kKib + 32, second);
    RawSuperblock backup = image.super;
    backup.s_block_group_nr = 1;
    image.put(8193 * kKib, backup);
    RawGroupDescriptor first{};
    first.bg_inode_table_lo = 40;  // unlike the primary table's 5
    image.put(8194 * kKib, first);
  }
  ImageBuilder image;
  RawGroupDescriptor second{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_superblock)

BOOST_AUTO_TEST_CASE(numbers) {
  const auto s = parse(ImageBuilder().super);
  BOOST_TEST_REQUIRE(s.has_value());
  BOOST_TEST(s->block_size == 1024u);
  BOOST_TEST(s->blocks_count == 256u);
  BOOST_TEST(s->group_count == 1u);
  BOOST_TEST(s->inode_size == 256u);
  BOOST_TEST(s->desc_size == 32u);
  BOOST_TEST(s->checksum_good);
  BOOST_TEST(s->blocks_valid(2, 254));
  BOOST_TEST(!s->blocks_valid(1, 1));  // the superblock's own
  BOOST_TEST(!s->blocks_valid(2, 255));
  BOOST_TEST(!s->blocks_valid(~0ull, 2));
}

BOOST_AUTO_TEST_CASE(block_sizes_and_wide_counts) {
  RawSuperblock raw = ImageBuilder().super;
  raw.s_log_block_size = 6;
  raw.s_first_data_block = 0;
  raw.s_feature_incompat = raw.s_feature_incompat | kIncompat64Bit;
  raw.s_desc_size = 64;
  raw.s_blocks_per_group = 524288;
  raw.s_blocks_count_hi = 1;
  raw.s_blocks_count_lo = 0;
  raw.s_inodes_per_group = 16;
  raw.s_inodes_count = 8192 * 16;
  const auto s = parse(raw);
  BOOST_TEST_REQUIRE(s.has_value());
  BOOST_TEST(s->block_size == 65536u);
  BOOST_TEST(s->blocks_count == 0x100000000u);
  BOOST_TEST(s->group_count == 8192u);
  BOOST_TEST(s->desc_size == 64u);
}

BOOST_AUTO_TEST_CASE(impossible_fields_are_named) {
  expect_impossible("s_log_block_size", [](RawSuperblock& s) { s.s_log_block_size = 7; });
  expect_impossible("s_first_data_block", [](RawSuperblock& s) { s.s_first_data_block = 0; });
  expect_impossible("s_blocks_count", [](RawSuperblock& s) { s.s_blocks_count_lo = 1; });
  expect_impossible("s_blocks_per_group", [](RawSuperblock& s) { s.s_blocks_per_group = 0; });
  expect_impossible("s_blocks_per_group", [](RawSuperblock& s) { s.s_blocks_per_group = 8193; });
  expect_impossible("s_inodes_per_group", [](RawSuperblock& s) { s.s_inodes_per_group = 0; });
  expect_impossible("s_inodes_count", [](RawSuperblock& s) { s.s_inodes_count = 33; });
  expect_impossible("s_first_ino", [](RawSuperblock& s) { s.s_first_ino = 33; });
  expect_impossible("s_inode_size", [](RawSuperblock& s) { s.s_inode_size = 192; });
  expect_impossible("s_inode_size", [](RawSuperblock& s) { s.s_inode_size = 2048; });
  expect_impossible("s_desc_size", [](RawSuperblock& s) {
    s.s_feature_incompat = s.s_feature_incompat | kIncompat64Bit;
    s.s_desc_size = 32;
  });
  // 2^42 groups' worth of blocks: refused before anything is reckoned with them.
  expect_impossible("s_blocks_count", [](RawSuperblock& s) {
    s.s_feature_incompat = s.s_feature_incompat | kIncompat64Bit;
    s.s_blocks_count_hi = 0xffffffff;
  });
}

BOOST_AUTO_TEST_CASE(revision_0_has_fixed_inodes) {
  RawSuperblock raw = ImageBuilder().super;
  raw.s_rev_level = 0;
  raw.s_inode_size = 0;
  raw.s_first_ino = 0;
  const auto s = parse(raw);
  BOOST_TEST_REQUIRE(s.has_value());
  BOOST_TEST(s->inode_size == 128u);
  BOOST_TEST(s->first_inode == 11u);
}

BOOST_AUTO_TEST_CASE(groups_with_a_copy) {
  RawSuperblock raw = ImageBuilder().super;
  raw.s_feature_ro_compat = kRoCompatSparseSuper;
  auto s = parse(raw).value();
  for (const std::uint32_t group : {0u, 1u, 3u, 5u, 7u, 9u, 25u, 27u, 49u, 343u}) BOOST_TEST(has_superblock(s, group));
  for (const std::uint32_t group : {2u, 4u, 6u, 8u, 10u, 15u, 21u, 35u, 50u}) BOOST_TEST(!has_superblock(s, group));

  raw.s_feature_ro_compat = 0;
  BOOST_TEST(has_superblock(parse(raw).value(), 2));

  raw.s_feature_compat = kCompatSparseSuper2;
  raw.s_backup_bgs = {Le32(1), Le32(8)};
  s = parse(raw).value();
  BOOST_TEST(has_superblock(s, 8));
  BOOST_TEST(!has_superblock(s, 3));
}

BOOST_AUTO_TEST_CASE(feature_names_are_those_of_dumpe2fs) {
  const std::vector<std::string> names = feature_names({0x103c, 0x22c2 | 0x80000000, 0x46b | 0x40000});
  const std::vector<std::string> expected = {
      "has_journal", "ext_attr",  "resize_inode", "dir_index",          "orphan_file",   "filetype",
      "extent",      "64bit",     "flex_bg",      "metadata_csum_seed", "FEATURE_I31",   "sparse_super",
      "large_file",  "huge_file", "dir_nlink",    "extra_isize",        "metadata_csum", "FEATURE_R18"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_read_is_refused_by_name) {
  ImageBuilder image;
  image.super.s_feature_incompat = 0x2 | 0x40 | 0x1 | 0x40000000;
  const auto volume = open(image.source());
  BOOST_TEST_REQUIRE(!volume);
  BOOST_TEST((volume.error().kind == ErrorKind::kUnsupported));
  BOOST_TEST(volume.error().what ==
             "the filesystem uses compression, incompat feature 0x40000000, which this version does not read yet");
}

BOOST_AUTO_TEST_CASE(unknown_read_only_features_are_a_finding) {
  ImageBuilder image;
  image.super.s_feature_ro_compat = 0x80000000;
  const auto volume = open(image.source());
  BOOST_TEST_REQUIRE(volume.has_value());
  BOOST_TEST_REQUIRE((*volume)->facts().findings.size() == 1u);
  BOOST_TEST((*volume)->facts().findings.front().find("0x80000000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_journal_that_needs_recovery_and_cannot_be_read) {
  ImageBuilder image;
  image.super.s_feature_incompat = 0x2 | 0x40 | kIncompatNeedsRecovery;
  image.super.s_feature_compat = kCompatHasJournal;
  image.super.s_journal_inum = 8;
  const auto volume = open(image.source());
  BOOST_TEST_REQUIRE(volume.has_value());
  BOOST_TEST((*volume)->facts().replay.needed);
  BOOST_TEST((*volume)->facts().replay.applied == 0u);
  BOOST_TEST_REQUIRE((*volume)->facts().findings.size() == 1u);
  BOOST_TEST((*volume)->facts().findings.front() ==
             "the journal cannot be replayed, and the filesystem is read as it lies: inode 8: it is not in use");
  const auto as_it_lies = open(image.source(), {false, nullptr});
  BOOST_TEST_REQUIRE(as_it_lies.has_value());
  BOOST_TEST((*as_it_lies)->facts().replay.needed);
  BOOST_TEST((*as_it_lies)->facts().replay.kind == "journal");
  BOOST_TEST((*as_it_lies)->facts().replay.applied == 0u);
  BOOST_TEST((*as_it_lies)->facts().findings.empty());
}

BOOST_AUTO_TEST_CASE(needs_recovery_without_a_journal) {
  ImageBuilder image;
  image.super.s_feature_incompat = 0x2 | 0x40 | kIncompatNeedsRecovery;
  const auto volume = open(image.source());
  BOOST_TEST_REQUIRE(volume.has_value());
  BOOST_TEST(!(*volume)->facts().replay.needed);
  BOOST_TEST((*volume)->facts().findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(facts_of_a_volume) {
  ImageBuilder image;
  const std::string label = "evidence";
  std::copy(label.begin(), label.end(), image.super.s_volume_name.begin());
  image.super.s_uuid[15] = 7;
  const auto volume = open(image.source());
  BOOST_TEST_REQUIRE(volume.has_value());
  const volume::VolumeFacts& facts = (*volume)->facts();
  BOOST_TEST(facts.type == "ext4");
  BOOST_TEST(facts.label == "evidence");
  BOOST_TEST((facts.uuid[15] == std::byte{7}));
  BOOST_TEST(facts.size == 262144u);
  BOOST_TEST(facts.block_size == 1024u);
  BOOST_TEST(facts.findings.empty());
  BOOST_TEST((*volume)->root().value == 2u);
}

BOOST_AUTO_TEST_CASE(a_truncated_image_is_a_finding) {
  ImageBuilder image;
  image.bytes.resize(100 * kKib);
  const auto volume = open(image.source());
  BOOST_TEST_REQUIRE(volume.has_value());
  BOOST_TEST_REQUIRE((*volume)->facts().findings.size() == 1u);
  BOOST_TEST((*volume)->facts().findings.front().find("102400") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nothing_there) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{2047}, std::size_t{2048}, std::size_t{1} << 24}) {
    const auto found = find_superblock(source::MemorySource(Bytes(size)));
    BOOST_TEST_REQUIRE(!found);
    BOOST_TEST((found.error().kind == ErrorKind::kNotFound));
  }
}

BOOST_AUTO_TEST_CASE(a_backup_replaces_a_primary_without_magic) {
  TwoGroups two;
  RawSuperblock damaged = two.image.super;
  damaged.s_magic = 0;
  two.image.put(kSuperblockOffset, damaged);
  const auto source = std::make_shared<source::MemorySource>(two.image.bytes);
  const auto found = find_superblock(*source);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->group == 1u);
  BOOST_TEST(found->offset == 8389632u);
  BOOST_TEST_REQUIRE(found->findings.size() == 1u);
  BOOST_TEST(found->findings.front() ==
             "the primary superblock is damaged (bad magic); the backup in group 1 at byte 8389632 is used");
  // The descriptors behind the backup are then believed, not those behind the primary.
  const Filesystem filesystem{source, *found};
  BOOST_TEST(descriptor_offset(filesystem, 0) == 8390656u);
  Findings findings;
  BOOST_TEST(inode_offset(filesystem, InodeNumber{2}, findings).value() == 40 * kKib + 256);
}

// needs_recovery is off in every backup: only the journal itself tells whether it was replayed.
BOOST_AUTO_TEST_CASE(behind_a_backup_the_journal_is_asked) {
  TwoGroups two;
  RawSuperblock backup = two.image.super;
  backup.s_block_group_nr = 1;
  backup.s_feature_compat = kCompatHasJournal;
  backup.s_journal_inum = 8;
  two.image.put(8193 * kKib, backup);
  RawInode journal = test::make_inode();
  journal.i_size_lo = 4096;
  test::set_root(journal, test::make_node(0, std::vector<RawExtent>{test::extent(0, 4, 100)}, 60));
  two.image.put(40 * kKib + 7 * std::uint64_t{ImageBuilder::kInodeSize}, journal);
  RawJournalSuperblock log{};
  log.s_header = {kJournalMagic, kJournalSuperblockV2, 0};
  log.s_blocksize = 1024;
  log.s_maxlen = 4;
  log.s_first = 1;
  const auto replay_needed = [&](std::uint32_t s_start) {
    log.s_start = s_start;
    two.image.put(100 * kKib, log);
    const auto source = std::make_shared<source::MemorySource>(two.image.bytes);
    const bool needed = open(source, {false, nullptr}).value()->facts().replay.needed;
    BOOST_TEST(open(source).value()->facts().replay.needed == needed);
    return needed;
  };
  BOOST_TEST(replay_needed(1));
  BOOST_TEST(!replay_needed(0));
  log.s_header.h_magic = 0;
  BOOST_TEST(!replay_needed(1));
  const auto source = std::make_shared<source::MemorySource>(two.image.bytes);
  const Findings findings = open(source).value()->facts().findings;
  BOOST_TEST_REQUIRE(findings.size() == 2u);
  BOOST_TEST(findings[1] == "whether the journal was replayed is not known: journal superblock: bad magic");
}

BOOST_AUTO_TEST_CASE(a_backup_of_another_place_is_not_taken) {
  TwoGroups two;
  RawSuperblock backup = two.image.super;
  backup.s_block_group_nr = 3;
  two.image.put(8193 * kKib, backup);
  two.image.put(kSuperblockOffset, RawSuperblock{});
  BOOST_TEST(!find_superblock(source::MemorySource(two.image.bytes)));
}

BOOST_AUTO_TEST_CASE(a_wrong_checksum) {
  TwoGroups two;
  sign(two.image.super);
  two.image.super.s_mnt_count = 9;
  two.image.put(kSuperblockOffset, two.image.super);
  // The backup has no metadata_csum, and so nothing wrong with it.
  auto found = find_superblock(source::MemorySource(two.image.bytes));
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->group == 1u);

  two.image.put(8193 * kKib, RawSuperblock{});
  found = find_superblock(source::MemorySource(two.image.bytes));
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->group == 0u);
  BOOST_TEST(found->findings.size() == 1u);

  two.image.super.s_mnt_count = 0;
  sign(two.image.super);
  two.image.put(kSuperblockOffset, two.image.super);
  found = find_superblock(source::MemorySource(two.image.bytes));
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->findings.empty());
}

BOOST_AUTO_TEST_CASE(an_impossible_primary_without_a_backup_is_ext4_all_the_same) {
  ImageBuilder image;
  image.super.s_inode_size = 100;
  const auto found = find_superblock(*image.source());
  BOOST_TEST_REQUIRE(!found);
  BOOST_TEST((found.error().kind == ErrorKind::kCorrupt));
}

BOOST_AUTO_TEST_CASE(descriptors_of_meta_bg_lie_in_their_first_group) {
  RawSuperblock raw = ImageBuilder().super;
  raw.s_feature_incompat = raw.s_feature_incompat | kIncompatMetaBg;
  raw.s_feature_ro_compat = kRoCompatSparseSuper;
  raw.s_blocks_count_lo = 8192 * 100;
  raw.s_inodes_count = 32 * 100;
  raw.s_first_meta_bg = 1;
  const Filesystem filesystem{nullptr, {parse(raw).value(), kSuperblockOffset, 0, {}}};
  BOOST_TEST(descriptor_offset(filesystem, 3) == 2 * kKib + 3 * 32ull);             // before s_first_meta_bg
  BOOST_TEST(descriptor_offset(filesystem, 33) == (1 + 32 * 8192ull) * kKib + 32);  // group 32 has no superblock
  const Filesystem by_backup{nullptr, {parse(raw).value(), 8193 * kKib, 1, {}}};
  BOOST_TEST(descriptor_offset(by_backup, 3) == 8194 * kKib + 3 * 32ull);
  BOOST_TEST(descriptor_offset(by_backup, 33) == (1 + 33 * 8192ull) * kKib + 32);
}

BOOST_AUTO_TEST_CASE(descriptors_of_meta_bg_lie_behind_the_superblock_where_1k_blocks_count_from_0) {
  RawSuperblock raw = ImageBuilder().super;
  raw.s_feature_incompat = raw.s_feature_incompat | kIncompatMetaBg;
  raw.s_feature_ro_compat = kRoCompatSparseSuper | kRoCompatBigalloc;
  raw.s_first_data_block = 0;
  raw.s_log_cluster_size = 3;
  raw.s_clusters_per_group = 8192;
  raw.s_blocks_per_group = 8 * 8192;
  raw.s_blocks_count_lo = 8 * 8192 * 100;
  raw.s_inodes_count = 32 * 100;
  const Filesystem filesystem{nullptr, {parse(raw).value(), kSuperblockOffset, 0, {}}};
  BOOST_TEST(descriptor_offset(filesystem, 3) == 2 * kKib + 3 * 32ull);
  BOOST_TEST(descriptor_offset(filesystem, 33) == 32 * 65536ull * kKib + 32);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
