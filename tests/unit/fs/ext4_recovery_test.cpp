#include "fs/ext4/recovery.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "fs/ext4/features.hpp"
#include "fs/ext4/journal_find.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/unit/fs/image_builder.hpp"
#include "tests/unit/fs/journal_builder.hpp"

namespace coldread::ext4 {

using test::extent;
using test::filled;
using test::ImageBuilder;
using test::JournalBuilder;
using test::make_inode;

namespace {

constexpr std::uint64_t kKib = 1024;
constexpr std::uint64_t kJournalBlock = 200;
constexpr std::uint32_t kJournalInode = 8;

/// A filesystem whose journal, of 32 blocks, is inode 8, in two runs; it writes block 40 full of 'a'.
struct Journaled {
  Journaled() {
    image.super.s_feature_compat = kCompatHasJournal;
    image.super.s_feature_incompat = 0x2 | 0x40 | kIncompatNeedsRecovery;
    image.super.s_journal_inum = kJournalInode;
    inode = make_inode(0100600);
    inode.i_size_lo = 32 * 1024;
    test::set_root(inode,
                   test::make_node<RawExtent>(0, {extent(0, 3, kJournalBlock + 29), extent(3, 29, kJournalBlock)}, 60));
    image.put_inode(kJournalInode, inode);
    image.put_bytes(40 * kKib, filled('-'));
    journal.transaction(1, {{40, filled('a')}});
  }

  std::shared_ptr<const source::BlockSource> source() {
    const Bytes bytes = journal.bytes();
    image.put_bytes((kJournalBlock + 29) * kKib, ByteSpan(bytes).first(3 * kKib));
    image.put_bytes(kJournalBlock * kKib, ByteSpan(bytes).subspan(3 * kKib));
    return image.source();
  }

  /// Block 40, after opening.
  char block(const OpenOptions& options = {}) {
    const auto volume = open(source(), options);
    BOOST_TEST_REQUIRE(volume.has_value());
    facts = (*volume)->facts();
    Bytes bytes(1024);
    BOOST_TEST(source::read_exactly(*(*volume)->source(), 40 * kKib, bytes).has_value());
    place = (*volume)->source()->locate(40 * kKib, 1024).front();
    return static_cast<char>(bytes.front());
  }

  ImageBuilder image;
  JournalBuilder journal;
  RawInode inode;
  volume::VolumeFacts facts;
  source::Placement place;
};

/// A device with a journal on it, for a filesystem of 1 KiB blocks: the ext4 superblock in block 1, the journal's in 2.
struct Device {
  Device() : journal(JournalChecksums::kNone, false, 64) {
    super.s_magic = kSuperMagic;
    super.s_feature_incompat = kIncompatJournalDev;
    super.s_blocks_count_lo = 64;
    super.s_uuid[0] = 0x5a;
    journal.super.s_first = 3;
    journal.super.s_start = 3;
    journal.seek(3).transaction(1, {{40, filled('e')}});
  }

  std::shared_ptr<const source::BlockSource> source() {
    journal.blocks[1] = ByteView(bytes_of(super)).copy();
    return std::make_shared<source::MemorySource>(journal.bytes(2), source::Medium::kJournal);
  }

  RawSuperblock super{};
  JournalBuilder journal;
};

Journaled external() {
  Journaled made;
  made.image.super.s_journal_inum = 0;
  made.image.super.s_journal_uuid[0] = 0x5a;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_recovery)

BOOST_AUTO_TEST_CASE(a_journal_in_an_inode) {
  Journaled made;
  BOOST_TEST(made.block() == 'a');
  BOOST_TEST(made.facts.replay.needed);
  BOOST_TEST(made.facts.replay.whole);
  BOOST_TEST(made.facts.replay.kind == "journal");
  BOOST_TEST(made.facts.replay.applied == 1u);
  BOOST_TEST(made.facts.replay.transactions == 1u);
  BOOST_TEST(made.facts.replay.blocks == 1u);
  BOOST_TEST(made.facts.replay.inodes_total == 0u);
  BOOST_TEST(made.facts.findings.empty());
  // The copy is block 2 of the journal.
  BOOST_TEST((made.place == source::Placement{{40 * kKib, 1024}, source::Medium::kImage, (kJournalBlock + 31) * kKib}));
}

BOOST_AUTO_TEST_CASE(as_it_lies) {
  Journaled made;
  BOOST_TEST(made.block({false, nullptr}) == '-');
  BOOST_TEST(made.facts.replay.needed);
  BOOST_TEST(made.facts.replay.applied == 0u);
  BOOST_TEST(made.facts.findings.empty());
}

BOOST_AUTO_TEST_CASE(only_the_flag_counts) {
  Journaled made;
  made.image.super.s_feature_incompat = 0x2 | 0x40;
  BOOST_TEST(made.block() == '-');
  BOOST_TEST(!made.facts.replay.needed);
}

// Also where the superblock that the log brings says something else than the one before.
BOOST_AUTO_TEST_CASE(the_superblock_is_read_anew) {
  Journaled made;
  RawSuperblock later = made.image.super;
  later.s_volume_name[0] = 'n';
  Bytes block(1024);
  std::copy(bytes_of(later).begin(), bytes_of(later).end(), block.begin());
  made.journal.transaction(2, {{1, block}});
  BOOST_TEST(made.block() == 'a');
  BOOST_TEST(made.facts.label == "n");
}

BOOST_AUTO_TEST_CASE(a_superblock_in_the_log_that_is_none) {
  Journaled made;
  made.journal.transaction(2, {{1, filled('x')}});
  BOOST_TEST(made.block() == 'a');
  BOOST_TEST_REQUIRE(made.facts.findings.size() == 1u);
  BOOST_TEST(made.facts.findings.front().find("the superblock that the journal brings cannot be used") == 0u);
}

BOOST_AUTO_TEST_CASE(inodes_that_replay_changes) {
  Journaled made;
  // Block 7 holds inodes 9 to 12.
  const RawInode changed = make_inode();
  made.image.put_inode(12, changed);
  Bytes block = ByteView(made.image.bytes).sub(7 * kKib, kKib)->copy();
  block[0] = std::byte{1};
  block[3 * 256 + 255] = std::byte{1};
  made.journal.transaction(2, {{7, block}});
  BOOST_TEST(made.block() == 'a');
  BOOST_TEST(made.facts.replay.inodes == (std::vector<std::uint64_t>{9, 12}), boost::test_tools::per_element());
  BOOST_TEST(made.facts.replay.inodes_total == 2u);
  BOOST_TEST(made.facts.replay.blocks == 2u);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_applied_whole) {
  Journaled made;
  made.journal.transaction(2, {{9999, filled('x')}});
  BOOST_TEST(made.block() == 'a');
  BOOST_TEST(!made.facts.replay.whole);
}

BOOST_AUTO_TEST_CASE(the_backup_of_a_damaged_inode) {
  Journaled made;
  made.image.super.s_jnl_backup_type = 1;
  for (std::size_t i = 0; i < made.inode.i_block.size(); ++i) made.image.super.s_jnl_blocks[i] = made.inode.i_block[i];
  made.image.super.s_jnl_blocks[16] = 32 * 1024;
  BOOST_TEST(made.block() == 'a');
  BOOST_TEST(made.facts.findings.empty());

  RawInode empty = made.inode;
  test::set_root(empty, test::make_node<RawExtent>(0, {}, 60));
  for (const RawInode& damaged : {RawInode{}, make_inode(040755), empty}) {
    made.image.put_inode(kJournalInode, damaged);
    BOOST_TEST(made.block() == 'a');
    BOOST_TEST(made.facts.replay.whole);
    BOOST_TEST_REQUIRE(made.facts.findings.size() == 1u);
    BOOST_TEST(made.facts.findings.front().find("journal: its inode is damaged (") == 0u);
  }

  made.image.super.s_jnl_backup_type = 0;
  BOOST_TEST(made.block() == '-');
  BOOST_TEST(made.facts.replay.needed);
  BOOST_TEST(!made.facts.replay.whole);
}

// ext3: i_block is block numbers, and so is the backup.
BOOST_AUTO_TEST_CASE(a_journal_of_indirect_blocks) {
  Journaled made;
  RawInode direct = make_inode(0100600);
  direct.i_flags = 0;
  direct.i_size_lo = 12 * 1024;
  made.journal.super.s_maxlen = 12;
  for (std::uint32_t i = 0; i < 12; ++i) {
    direct.i_block[i] = static_cast<std::uint32_t>(kJournalBlock) + (i < 3 ? 29 + i : i - 3);
  }
  made.image.put_inode(kJournalInode, direct);
  BOOST_TEST(made.block() == 'a');
  made.image.super.s_jnl_backup_type = 1;
  for (std::size_t i = 0; i < direct.i_block.size(); ++i) made.image.super.s_jnl_blocks[i] = direct.i_block[i];
  made.image.super.s_jnl_blocks[16] = 12 * 1024;
  made.image.put_inode(kJournalInode, RawInode{});
  BOOST_TEST(made.block() == 'a');
}

BOOST_AUTO_TEST_CASE(a_hole_where_the_log_goes_on) {
  Journaled made;
  test::set_root(made.inode, test::make_node<RawExtent>(0, {extent(0, 2, kJournalBlock + 29)}, 60));
  made.image.put_inode(kJournalInode, made.inode);
  // The copy itself lies nowhere, and so block 40 has no content that is known.
  const auto volume = open(made.source());
  BOOST_TEST_REQUIRE(volume.has_value());
  Bytes bytes(1024);
  BOOST_TEST(!(*volume)->facts().replay.whole);
  BOOST_TEST((*volume)->facts().findings.front().find("it lies nowhere") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_journal_on_another_device) {
  Device device;
  Journaled made = external();
  BOOST_TEST(made.block({true, device.source()}) == 'e');
  BOOST_TEST(made.facts.replay.applied == 1u);
  BOOST_TEST(made.facts.findings.empty());
  BOOST_TEST((made.place == source::Placement{{40 * kKib, 1024}, source::Medium::kJournal, 4096}));
}

BOOST_AUTO_TEST_CASE(a_journal_on_a_device_that_was_not_given) {
  Journaled made = external();
  const auto refused = open(made.source());
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == ErrorKind::kUnsupported));
  BOOST_TEST(refused.error().what ==
             "the filesystem needs_recovery, and its journal is on another device, with the UUID "
             "5a000000-0000-0000-0000-000000000000; give that with --journal FILE, or --no-replay to read the "
             "filesystem as it lies");
  BOOST_TEST(made.block({false, nullptr}) == '-');
  made.image.super.s_feature_incompat = 0x2 | 0x40;
  BOOST_TEST(made.block() == '-');
}

BOOST_AUTO_TEST_CASE(a_device_that_is_not_its_own) {
  const auto refusal = [](Device& device, bool flagged = true) {
    Journaled made = external();
    if (!flagged) made.image.super.s_feature_incompat = 0x2 | 0x40;
    const auto opened = open(made.source(), {true, device.source()});
    return opened ? "" : opened.error().what;
  };
  Device other;
  other.super.s_uuid[15] = 1;
  const std::string differs =
      "the file given with --journal has the UUID 5a000000-0000-0000-0000-000000000001, and the filesystem's journal "
      "is "
      "5a000000-0000-0000-0000-000000000000; give that one";
  BOOST_TEST(refusal(other) == differs);
  BOOST_TEST(refusal(other, false) == differs);
  Device filesystem;
  filesystem.super.s_feature_incompat = 0;
  BOOST_TEST(refusal(filesystem).find("it has no superblock with the feature journal_dev") != std::string::npos);
  Device shared;
  shared.journal.super.s_nr_users = 2;
  BOOST_TEST(refusal(shared) == "it serves 2 filesystems, which is not read");
  Device shorter;
  shorter.super.s_blocks_count_lo = 63;
  BOOST_TEST(refusal(shorter) == "s_maxlen is 64, and the journal has only 63 blocks");
}

// A filesystem with its journal inside has no use for another one.
BOOST_AUTO_TEST_CASE(a_device_that_is_not_needed) {
  Device device;
  Journaled made;
  BOOST_TEST(made.block({true, device.source()}) == 'a');
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
