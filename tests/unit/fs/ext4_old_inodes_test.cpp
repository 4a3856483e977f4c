#include "fs/ext4/old_inodes.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/ext4/blocks_in_use.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/unit/fs/image_builder.hpp"
#include "tests/unit/fs/journal_builder.hpp"
#include "tests/unit/fs/print_extent.hpp"

namespace coldread::ext4 {
namespace {

using read::Extent;
using read::ExtentKind;
using test::ImageBuilder;
using test::JournalBuilder;

constexpr std::uint64_t kBlock = 1024;
constexpr std::uint32_t kBitmap = 3;
constexpr std::uint32_t kJournalAt = 200;
constexpr std::uint32_t kJournalInode = 8;

/// A filesystem with an emptied journal of 32 blocks in it. Nothing but the journal has a block in the bitmap.
struct Image : ImageBuilder {
  explicit Image(JournalChecksums checksums = JournalChecksums::kV3) : journal(checksums) {
    super.s_feature_compat = kCompatHasJournal;
    super.s_journal_inum = kJournalInode;
    RawInode inode = test::make_inode();
    inode.i_size_lo = 32 * kBlock;
    test::set_root(inode, test::make_node(0, std::vector<RawExtent>{test::extent(0, 32, kJournalAt)}, 60));
    put_inode(kJournalInode, inode);
    journal.super.s_start = 0;
    journal.super.s_sequence = 9;
    group.bg_block_bitmap_lo = kBitmap;
    group.bg_inode_table_lo = kInodeTable;
    use(kJournalAt, 32);
  }

  void use(std::uint32_t block, std::uint32_t count = 1) {
    for (std::uint32_t bit = block - 1; bit < block - 1 + count; ++bit) {
      bytes[kBitmap * kBlock + bit / 8] |= std::byte{1} << (bit % 8);
    }
  }

  /// The block of the inode table that holds `number`, as it is now but for that inode.
  [[nodiscard]] test::Write table(std::uint32_t number, const RawInode& inode) const {
    const std::uint64_t at = inode_at(number);
    const std::uint64_t block = at / kBlock;
    Bytes content(bytes.begin() + static_cast<std::ptrdiff_t>(block * kBlock),
                  bytes.begin() + static_cast<std::ptrdiff_t>((block + 1) * kBlock));
    const ByteSpan raw = bytes_of(inode);
    std::copy(raw.begin(), raw.end(), content.begin() + static_cast<std::ptrdiff_t>(at % kBlock));
    return {block, content};
  }

  std::shared_ptr<const volume::Volume> open() {
    put(std::uint64_t{2} * kBlock, group);
    put_bytes(kJournalAt * kBlock, journal.bytes());
    return ext4::open(source()).value();
  }

  JournalBuilder journal;
  RawGroupDescriptor group{};
};

/// A file of four blocks from 40 on.
RawInode four_blocks(std::uint32_t generation = 7, std::uint32_t start = 40) {
  RawInode inode = test::make_inode();
  inode.i_generation = generation;
  inode.i_size_lo = 4 * kBlock;
  inode.i_blocks_lo = 8;
  test::set_root(inode, test::make_node(0, std::vector<RawExtent>{test::extent(0, 4, start)}, 60));
  return inode;
}

read::MapPiece all(const volume::OldInode& old) {
  const auto map = old.inode->map().value();
  return map.piece(0, map.mapped_end());
}

void expect_fault(const read::MapPiece& piece, std::uint64_t begin, std::uint64_t blocks, const std::string& reason) {
  BOOST_TEST_REQUIRE(piece.faults.size() == 1u);
  BOOST_TEST(piece.faults[0].range.offset == begin * kBlock);
  BOOST_TEST(piece.faults[0].range.length == blocks * kBlock);
  BOOST_TEST(piece.faults[0].reason == reason);
}

/// The map of a file with an extent tree or blocks of numbers, the only older inode there is.
read::MapPiece only(Image& image) {
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST_REQUIRE(old.list.size() == 1u);
  return all(old.list.front());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_old_inodes)

BOOST_AUTO_TEST_CASE(a_deleted_file_in_free_blocks) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())}, 1234);
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST(old.findings.empty());
  BOOST_TEST_REQUIRE(old.list.size() == 1u);
  BOOST_TEST(old.list[0].number.value == 12u);
  BOOST_TEST(old.list[0].transaction == 4u);
  BOOST_TEST(old.list[0].time->seconds == 1234);
  BOOST_TEST(old.list[0].inode->facts().size == 4 * kBlock);
  const read::MapPiece piece = all(old.list[0]);
  const std::vector<Extent> expected = {{0, 4 * kBlock, ExtentKind::kStored, 40 * kBlock}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
  BOOST_TEST(piece.faults.empty());
}

BOOST_AUTO_TEST_CASE(blocks_that_live_files_own) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.use(41, 2);
  const read::MapPiece piece = only(image);
  expect_fault(piece, 1, 2, "blocks 41 to 42 belong to another file now");
  const std::vector<Extent> expected = {{0, kBlock, ExtentKind::kStored, 40 * kBlock},
                                        {kBlock, 2 * kBlock, ExtentKind::kHole, 0},
                                        {3 * kBlock, kBlock, ExtentKind::kStored, 43 * kBlock}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_bitmap_that_cannot_be_read_frees_nothing) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.group.bg_block_bitmap_lo = 5000;
  expect_fault(only(image), 0, 4, "whether blocks 40 to 43 belong to another file now is not known");
}

BOOST_AUTO_TEST_CASE(blocks_that_were_written_anew) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.journal.transaction(6, {{42, test::filled('d')}});
  expect_fault(only(image), 2, 1, "block 42 was written anew in transaction 6");
}

BOOST_AUTO_TEST_CASE(blocks_that_another_file_had_later) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.journal.transaction(5, {image.table(13, four_blocks(8, 43))});
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST_REQUIRE(old.list.size() == 2u);
  expect_fault(all(old.list[0]), 3, 1, "block 43 belonged to inode 13 later");
  BOOST_TEST(all(old.list[1]).faults.empty());
}

BOOST_AUTO_TEST_CASE(later_owners_by_the_nodes_of_their_trees) {
  for (const bool logged : {false, true}) {
    Image image;
    image.journal.transaction(4, {image.table(12, four_blocks())});
    RawInode other = four_blocks(8);
    test::set_root(other, test::make_node(1, std::vector<RawExtentIndex>{test::index(0, 50)}, 60));
    const Bytes leaf = test::make_node(0, std::vector<RawExtent>{test::extent(0, 2, 42)}, kBlock);
    if (!logged) image.put_bytes(50 * kBlock, leaf);
    std::vector<test::Write> writes = {image.table(13, other)};
    if (logged) writes.push_back({50, leaf});
    image.journal.transaction(5, writes);
    const volume::OldInodes old = image.open()->old_inodes();
    BOOST_TEST_REQUIRE(old.list.size() == 2u);
    expect_fault(all(old.list[0]), 2, 2, "blocks 42 to 43 belonged to inode 13 later");
  }
  Image indirect;
  indirect.journal.transaction(4, {indirect.table(12, four_blocks())});
  RawInode other = test::make_inode();
  other.i_flags = 0;
  other.i_generation = 8;
  other.i_block[0] = 40;
  other.i_block[13] = 50;
  indirect.put(50 * kBlock + 8, Le32(51));
  indirect.put(51 * kBlock + 4, Le32(43));
  indirect.journal.transaction(5, {indirect.table(13, other)});
  const volume::OldInodes old = indirect.open()->old_inodes();
  BOOST_TEST_REQUIRE(old.list.size() == 2u);
  const read::MapPiece piece = all(old.list[0]);
  BOOST_TEST_REQUIRE(piece.faults.size() == 2u);
  BOOST_TEST(piece.faults[0].reason == "block 40 belonged to inode 13 later");
  BOOST_TEST(piece.faults[1].reason == "block 43 belonged to inode 13 later");
}

BOOST_AUTO_TEST_CASE(later_versions_that_are_lost_may_have_been_owners) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.journal.transaction(5, {image.table(16, four_blocks(9, 60))});
  image.journal.damage(5);  // of transaction 5, a block of the inode table
  expect_fault(only(image), 0, 4, "whether another file had blocks 40 to 43 later is not known");
  // What was lost before the version tells nothing of it.
  Image before;
  before.journal.transaction(3, {before.table(16, four_blocks(9, 60))});
  before.journal.transaction(4, {before.table(12, four_blocks())});
  before.journal.damage(2);
  BOOST_TEST(only(before).faults.empty());
}

BOOST_AUTO_TEST_CASE(blocks_of_a_later_file_with_the_same_number) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks(7))});
  RawInode next = four_blocks(8, 42);
  image.journal.transaction(5, {image.table(12, next)});
  next.i_size_lo = 2 * kBlock;
  test::set_root(next, test::make_node(0, std::vector<RawExtent>{test::extent(0, 2, 60)}, 60));
  image.put_inode(12, next);  // it is there, and gave up the blocks
  expect_fault(only(image), 2, 2, "blocks 42 to 43 belonged to inode 12 later");
}

BOOST_AUTO_TEST_CASE(files_that_are_there_are_not_deleted) {
  Image image;
  image.put_inode(12, four_blocks());
  RawInode older = four_blocks();
  older.i_size_lo = 99;
  image.journal.transaction(4, {image.table(12, older)});
  BOOST_TEST(image.open()->old_inodes().list.empty());

  image.put_inode(12, four_blocks(8));  // of another generation
  BOOST_TEST(image.open()->old_inodes().list.size() == 1u);

  RawInode created = four_blocks();
  created.i_crtime = 77;
  image.put_inode(12, created);
  BOOST_TEST(image.open()->old_inodes().list.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_newest_version_that_was_in_use) {
  Image image;
  RawInode inode = four_blocks();
  image.journal.transaction(4, {image.table(12, inode)});
  inode.i_size_lo = 3 * kBlock;
  image.journal.transaction(5, {image.table(12, inode)});
  inode.i_size_lo = 2 * kBlock;
  inode.i_links_count = 0;
  image.journal.transaction(6, {image.table(12, inode)});
  inode.i_links_count = 1;
  inode.i_dtime = 1;
  image.journal.transaction(7, {image.table(12, inode)});
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST_REQUIRE(old.list.size() == 1u);
  BOOST_TEST(old.list[0].transaction == 5u);
  BOOST_TEST(old.list[0].inode->facts().size == 3 * kBlock);
}

BOOST_AUTO_TEST_CASE(what_the_journal_has_a_copy_of) {
  // The copy is the content, though the block is another file's by now.
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks()), {41, test::filled('j')}});
  image.use(41);
  const read::MapPiece piece = only(image);
  BOOST_TEST(piece.faults.empty());
  BOOST_TEST_REQUIRE(piece.extents.size() == 3u);
  BOOST_TEST(piece.extents[1].source_offset == (kJournalAt + 3) * kBlock);

  // One that was revoked before says nothing.
  Image revoked;
  revoked.journal.transaction(3, {{41, test::filled('j')}});
  revoked.journal.revoke(4, {41});
  revoked.journal.write(4, {revoked.table(12, four_blocks())});
  revoked.journal.commit(4);
  const std::vector<Extent> expected = {{0, 4 * kBlock, ExtentKind::kStored, 40 * kBlock}};
  BOOST_TEST(only(revoked).extents == expected, boost::test_tools::per_element());

  // Where a revoke block may be missing, no copy is believed.
  Image damaged;
  damaged.journal.transaction(4, {damaged.table(12, four_blocks()), {41, test::filled('j')}});
  const std::uint32_t other = damaged.journal.write(5, {{90, test::filled('x')}});
  damaged.journal.commit(5);
  damaged.journal.damage(other);
  const read::MapPiece unsure = only(damaged);
  BOOST_TEST_REQUIRE(unsure.faults.size() == 3u);
  BOOST_TEST(unsure.faults[1].reason == "block 41 was written anew in transaction 4");

  // A damaged copy is no content either.
  Image lost;
  lost.journal.transaction(4, {lost.table(12, four_blocks()), {41, test::filled('j')}});
  lost.journal.damage(3);
  expect_fault(only(lost), 1, 1, "the content of block 41 is in the journal, and cannot be read there");
}

BOOST_AUTO_TEST_CASE(unwritten_extents_and_holes_stay) {
  Image image;
  RawInode inode = four_blocks();
  test::set_root(inode,
                 test::make_node(0, std::vector<RawExtent>{test::extent(0, 1, 40), test::extent(3, 0x8001, 44)}, 60));
  image.journal.transaction(4, {image.table(12, inode)});
  image.use(44);
  const read::MapPiece piece = only(image);
  BOOST_TEST(piece.faults.empty());
  const std::vector<Extent> expected = {{0, kBlock, ExtentKind::kStored, 40 * kBlock},
                                        {kBlock, 2 * kBlock, ExtentKind::kHole, 0},
                                        {3 * kBlock, kBlock, ExtentKind::kUnwritten, 0}};
  BOOST_TEST(piece.extents == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(extent_trees_are_believed_as_far_as_their_nodes_are_left) {
  const auto with_tree = [](Image& image, std::uint32_t blocks, bool logged) {
    RawInode inode = four_blocks();
    inode.i_size_lo = 8 * kBlock;
    inode.i_blocks_lo = blocks * 2;
    test::set_root(inode, test::make_node(1, std::vector<RawExtentIndex>{test::index(0, 50)}, 60));
    const Bytes leaf =
        test::make_node(0, std::vector<RawExtent>{test::extent(0, 2, 40), test::extent(6, 2, 46)}, kBlock);
    if (!logged) image.put_bytes(50 * kBlock, leaf);
    std::vector<test::Write> writes = {image.table(12, inode)};
    if (logged) writes.push_back({50, leaf});
    image.journal.transaction(4, writes);
  };
  for (const bool logged : {false, true}) {
    Image image;
    with_tree(image, 5, logged);
    if (logged) image.use(50);
    const read::MapPiece piece = only(image);
    BOOST_TEST(piece.faults.empty());
    BOOST_TEST(piece.extents.size() == 3u);
  }
  // i_blocks counts more than the node leads to: it was emptied in part.
  Image emptied;
  with_tree(emptied, 7, false);
  expect_fault(only(emptied), 2, 4, "whether nothing was stored there is not known: blocks of its map are lost");
  Image taken;
  with_tree(taken, 5, false);
  taken.use(50);
  const read::MapPiece piece = only(taken);
  BOOST_TEST_REQUIRE(!piece.faults.empty());
  BOOST_TEST(piece.faults[0].range.length == 8 * kBlock);
  BOOST_TEST(piece.faults[0].reason.find("block 50 belongs to another file now") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nodes_need_their_checksum) {
  Image image;
  image.super.s_feature_ro_compat = kRoCompatMetadataChecksum;
  image.super.s_checksum_type = 1;
  RawInode inode = four_blocks();
  inode.i_blocks_lo = 10;
  test::set_root(inode, test::make_node(1, std::vector<RawExtentIndex>{test::index(0, 50)}, 60));
  image.journal.transaction(
      4, {image.table(12, inode), {50, test::make_node(0, std::vector<RawExtent>{test::extent(0, 4, 40)}, kBlock)}});
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST_REQUIRE(old.list.size() == 1u);
  const read::MapPiece piece = all(old.list[0]);
  BOOST_TEST_REQUIRE(!piece.faults.empty());
  BOOST_TEST(piece.faults[0].reason == "extent tree node in block 50: its checksum is wrong");
  for (const Extent& extent : piece.extents) BOOST_TEST((extent.kind == ExtentKind::kHole));
}

BOOST_AUTO_TEST_CASE(indirect_blocks_are_held_against_i_blocks) {
  const auto with_indirect = [](Image& image, std::uint32_t blocks) {
    RawInode inode = test::make_inode();
    inode.i_flags = 0;
    inode.i_size_lo = 14 * kBlock;
    inode.i_blocks_lo = blocks * 2;
    for (std::uint32_t i = 0; i < 12; ++i) inode.i_block[i] = 60 + i;
    inode.i_block[12] = 50;
    image.put(50 * kBlock, Le32(80));
    image.journal.transaction(4, {image.table(12, inode)});
  };
  Image whole;
  with_indirect(whole, 14);
  BOOST_TEST(only(whole).faults.empty());
  Image zeroed;  // the second number in block 50 was there once
  with_indirect(zeroed, 15);
  expect_fault(only(zeroed), 13, 1, "whether nothing was stored there is not known: blocks of its map are lost");
}

BOOST_AUTO_TEST_CASE(fast_symlinks_lie_in_the_journal) {
  Image image;
  RawInode inode = test::make_inode(0120777);
  inode.i_flags = 0;
  inode.i_size_lo = 6;
  Bytes target(60);
  std::copy_n(as_bytes("target").begin(), 6, target.begin());
  test::set_root(inode, target);
  image.journal.transaction(4, {image.table(12, inode)});
  const read::MapPiece piece = only(image);
  BOOST_TEST_REQUIRE(piece.extents.size() == 1u);
  const std::uint64_t at = piece.extents[0].source_offset;
  BOOST_TEST(at >= kJournalAt * kBlock);
  BOOST_TEST(as_chars(ByteSpan(image.bytes).subspan(at, 6)) == "target");
}

BOOST_AUTO_TEST_CASE(without_a_journal_there_is_nothing) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.super.s_feature_compat = 0;
  image.super.s_journal_inum = 0;
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST(old.list.empty());
  BOOST_TEST(old.findings.empty());
}

BOOST_AUTO_TEST_CASE(damaged_copies_are_counted) {
  Image image;
  image.journal.transaction(4, {image.table(12, four_blocks())});
  image.journal.damage(2);
  const volume::OldInodes old = image.open()->old_inodes();
  BOOST_TEST(old.list.empty());
  BOOST_TEST_REQUIRE(old.findings.size() == 1u);
  BOOST_TEST(old.findings[0].find("1 copies of blocks of inode tables are damaged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_in_older_copies_of_a_directory) {
  // With metadata_csum a copy proves whose it is; without, it is not looked at.
  for (const bool guarded : {false, true}) {
    Image image;
    if (guarded) {
      image.super.s_feature_ro_compat = kRoCompatMetadataChecksum;
      image.super.s_checksum_type = 1;
    }
    const std::uint32_t seed =
        crc32c(crc32c(image.filesystem()->superblock().checksum_seed, bytes_of(Le32(14))), bytes_of(Le32(0)));
    Bytes block =
        test::concat({test::dirent(14, 12, ".", 2), test::dirent(2, 12, "..", 2), test::dirent(15, 988, "removed")});
    RawDirEntryTail tail{0, 12, 0, 0xDE, crc32c(seed, block)};
    block.insert(block.end(), bytes_of(tail).begin(), bytes_of(tail).end());
    RawInode directory = test::make_inode(0040755);
    directory.i_size_lo = kBlock;
    test::set_root(directory, test::make_node(0, std::vector<RawExtent>{test::extent(0, 1, 40)}, 60));
    image.put_inode(14, directory);
    image.journal.transaction(4, {{40, block}});
    const auto found = image.open()->inode({14}).value()->deleted_entries().value();
    BOOST_TEST(found.entries.size() == (guarded ? 1u : 0u));
    if (guarded) BOOST_TEST(found.entries.at(0).name == "removed");
  }
}

BOOST_AUTO_TEST_CASE(which_blocks_are_in_use) {
  Image image;
  image.use(90);
  static_cast<void>(image.open());
  const BlocksInUse in_use(image.filesystem());
  BOOST_TEST((in_use.use_of(90) == BlockUse::kInUse));
  BOOST_TEST((in_use.use_of(91) == BlockUse::kFree));
  BOOST_TEST((in_use.use_of(1) == BlockUse::kInUse));    // the superblock's
  BOOST_TEST((in_use.use_of(256) == BlockUse::kInUse));  // there is none

  image.group.bg_flags = kBlockUninit;
  image.put(2 * kBlock, image.group);
  const BlocksInUse never_written(image.filesystem());
  BOOST_TEST((never_written.use_of(90) == BlockUse::kFree));
  BOOST_TEST((never_written.use_of(2) == BlockUse::kInUse));
  BOOST_TEST((never_written.use_of(kBitmap) == BlockUse::kInUse));
  BOOST_TEST((never_written.use_of(12) == BlockUse::kInUse));  // the last of the inode table
  BOOST_TEST((never_written.use_of(13) == BlockUse::kFree));
}

BOOST_AUTO_TEST_CASE(clusters_are_in_use_as_a_whole) {
  Image image;
  image.super.s_feature_ro_compat = kRoCompatBigalloc;
  image.super.s_log_cluster_size = 2;
  image.super.s_clusters_per_group = 2048;
  image.use(11);  // bit 10: blocks 41 to 44, counted from block 1
  static_cast<void>(image.open());
  const BlocksInUse in_use(image.filesystem());
  BOOST_TEST((in_use.use_of(40) == BlockUse::kFree));
  BOOST_TEST((in_use.use_of(41) == BlockUse::kInUse));
  BOOST_TEST((in_use.use_of(44) == BlockUse::kInUse));
  BOOST_TEST((in_use.use_of(45) == BlockUse::kFree));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
