#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "fs/ext4/journal.hpp"
#include "fs/ext4/journal_revoke.hpp"
#include "tests/unit/fs/image_builder.hpp"
#include "tests/unit/fs/journal_builder.hpp"

namespace coldread::ext4 {

using test::filled;
using test::ImageBuilder;
using test::JournalBuilder;

namespace {

constexpr std::initializer_list<JournalChecksums> kAllChecksums = {JournalChecksums::kNone, JournalChecksums::kV1,
                                                                   JournalChecksums::kV2, JournalChecksums::kV3};

/// A filesystem and what a journal makes of it.
struct Replayed {
  explicit Replayed(JournalBuilder& journal) {
    for (std::uint64_t block = 40; block < 60; ++block) image.put_bytes(block * 1024, filled('-'));
    result = replay_journal(*image.filesystem(), journal.log());
  }

  /// The characters that fill blocks 40 and so on; '?' for one that is not filled with one, '!' for one that cannot be
  /// read.
  [[nodiscard]] std::string blocks(std::size_t count) const {
    std::string fills;
    for (std::uint64_t block = 40; block < 40 + count; ++block) {
      Bytes bytes(1024);
      const bool read = source::read_exactly(*result.source, block * 1024, bytes).has_value();
      const char first = static_cast<char>(bytes.front());
      fills += !read ? '!' : bytes == filled(first) ? first : '?';
    }
    return fills;
  }

  ImageBuilder image;
  JournalReplay result;
};

bool says(const Findings& findings, std::size_t count, const std::string& what) {
  return findings.size() == count && count != 0 && findings.front().find(what) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_journal_replay)

BOOST_AUTO_TEST_CASE(transactions_in_their_order) {
  for (const JournalChecksums checksums : kAllChecksums) {
    for (const bool wide : {false, true}) {
      JournalBuilder journal(checksums, wide);
      journal.transaction(1, {{40, filled('a'), true}, {41, filled('b')}});
      journal.transaction(2, {{41, filled('c')}, {42, filled('-')}});
      const Replayed replayed(journal);
      BOOST_TEST(replayed.blocks(4) == "ac--");
      BOOST_TEST(replayed.result.applied == 4u);
      BOOST_TEST(replayed.result.transactions == 2u);
      BOOST_TEST(replayed.result.revoked == 0u);
      BOOST_TEST(replayed.result.changed_blocks == (std::vector<std::uint64_t>{40, 41}),
                 boost::test_tools::per_element());
      BOOST_TEST(replayed.result.findings.empty());
      BOOST_TEST(!replayed.result.fast_commits.has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_log) {
  JournalBuilder journal;
  journal.transaction(1, {{40, filled('a')}});
  journal.super.s_start = 0;
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(2) == "--");
  BOOST_TEST(replayed.result.transactions == 0u);
  BOOST_TEST(replayed.result.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_transaction_that_was_cut_off) {
  JournalBuilder journal;
  journal.transaction(1, {{40, filled('a')}});
  journal.write(2, {{40, filled('b')}, {41, filled('c')}});
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(2) == "a-");
  BOOST_TEST(replayed.result.transactions == 1u);
  BOOST_TEST(replayed.result.findings.empty());
}

BOOST_AUTO_TEST_CASE(what_an_older_round_left_behind) {
  JournalBuilder journal;
  journal.transaction(7, {{40, filled('x')}});
  journal.transaction(3, {{41, filled('y')}});
  journal.super.s_sequence = 7;
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(2) == "x-");
}

BOOST_AUTO_TEST_CASE(an_escaped_block) {
  for (const JournalChecksums checksums : kAllChecksums) {
    Bytes magical = filled('m');
    const Be32 magic(kJournalMagic);
    std::copy(bytes_of(magic).begin(), bytes_of(magic).end(), magical.begin());
    JournalBuilder journal(checksums);
    journal.transaction(1, {{40, magical}, {41, filled('b')}});
    const Replayed replayed(journal);
    Bytes read(2048);
    BOOST_TEST_REQUIRE(source::read_exactly(*replayed.result.source, std::uint64_t{40} * 1024, read).has_value());
    BOOST_TEST((Bytes(read.begin(), read.begin() + 1024) == magical));
    BOOST_TEST((Bytes(read.begin() + 1024, read.end()) == filled('b')));
    // The four bytes lie nowhere: they were made. What follows lies in the journal, block after block.
    const std::vector<source::Placement> expected = {{{40960, 4}, source::Medium::kMemory, 0},
                                                     {{40964, 2044}, source::Medium::kJournal, 2052},
                                                     {{43008, 10}, source::Medium::kImage, 43008}};
    BOOST_TEST((replayed.result.source->locate(40960, 2058) == expected));
  }
}

BOOST_AUTO_TEST_CASE(revoked_blocks) {
  for (const bool wide : {false, true}) {
    JournalBuilder journal(JournalChecksums::kV3, wide);
    journal.transaction(1, {{40, filled('a')}, {41, filled('b')}, {42, filled('c')}});
    journal.revoke(2, {40, 42});
    journal.write(2, {{41, filled('d')}, {42, filled('e')}});
    journal.commit(2);
    journal.transaction(3, {{42, filled('f')}});
    const Replayed replayed(journal);
    // A revoke holds for the transaction that it is in, and for earlier ones.
    BOOST_TEST(replayed.blocks(4) == "-df-");
    BOOST_TEST(replayed.result.revoked == 3u);
    BOOST_TEST(replayed.result.applied == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_revoke_of_a_transaction_that_was_not_committed) {
  JournalBuilder journal;
  journal.transaction(1, {{40, filled('a')}});
  journal.revoke(2, {40});
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(1) == "a");
}

BOOST_AUTO_TEST_CASE(transaction_numbers_wrap_around) {
  static_assert(tid_after(1, 0) && tid_after(0, 0xffffffff) && tid_after(5, 0xfffffff0) && !tid_after(5, 5));
  static_assert(!tid_after(0xffffffff, 0) && tid_after(0x7fffffff, 0) && !tid_after(0x80000000, 0));
  JournalBuilder journal(JournalChecksums::kV2);
  journal.super.s_sequence = 0xfffffffe;
  journal.transaction(0xfffffffe, {{40, filled('a')}, {41, filled('b')}});
  journal.revoke(0xffffffff, {40});
  journal.commit(0xffffffff);
  journal.transaction(0, {{42, filled('c')}});
  journal.transaction(1, {{43, filled('d')}});
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(4) == "-bcd");
  BOOST_TEST(replayed.result.transactions == 4u);
}

BOOST_AUTO_TEST_CASE(the_log_is_a_circle) {
  for (std::uint32_t start = 1; start < 32; ++start) {
    JournalBuilder journal(JournalChecksums::kV1);
    journal.seek(start);
    journal.super.s_start = start;
    journal.transaction(1, {{40, filled('a')}, {41, filled('b')}});
    journal.transaction(2, {{42, filled('c')}});
    const Replayed replayed(journal);
    BOOST_TEST(replayed.blocks(4) == "abc-");
  }
}

BOOST_AUTO_TEST_CASE(a_log_that_is_full) {
  JournalBuilder journal;
  journal.seek(9);
  journal.super.s_start = 9;
  // 31 blocks: ten transactions of three, and a leftover.
  for (std::uint32_t i = 1; i <= 10; ++i) journal.transaction(i, {{40 + i, filled('a')}});
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(12) == "-aaaaaaaaaa-");
  BOOST_TEST(replayed.result.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_log_without_end_is_left) {
  JournalBuilder journal;
  journal.transaction(1, {{40, filled('a')}});
  // Descriptors of one transaction, all the way round: there is always another to follow.
  for (int i = 0; i < 14; ++i) journal.write(2, {{41, filled('b')}});
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(2) == "a-");
  BOOST_TEST(replayed.result.findings.empty());

  JournalBuilder round;
  for (int i = 0; i < 15; ++i) round.write(1, {{41, filled('b')}});
  round.seek(31).write(1, {});
  const Replayed looped(round);
  BOOST_TEST(looped.blocks(2) == "--");
  BOOST_TEST(
      says(looped.result.findings, 1, "the log does not end within its room; its transaction 1 is not replayed"));
}

BOOST_AUTO_TEST_CASE(a_target_out_of_the_filesystem) {
  for (const bool wide : {false, true}) {
    JournalBuilder journal(JournalChecksums::kNone, wide);
    journal.transaction(1, {{256, filled('x')}, {wide ? (std::uint64_t{1} << 32) + 40 : 257, filled('y')}});
    journal.transaction(2, {{41, filled('b')}});
    const Replayed replayed(journal);
    BOOST_TEST(replayed.blocks(2) == "-b");
    BOOST_TEST(replayed.result.applied == 1u);
    BOOST_TEST(
        says(replayed.result.findings, 2,
             "external journal block 2 (byte 2048): it is meant for block 256, which the filesystem does not have"));
  }
}

// Without the journal's feature 64bit, what follows a tag's flags is the next tag.
BOOST_AUTO_TEST_CASE(the_upper_half_of_a_block_number) {
  JournalBuilder wide(JournalChecksums::kV3, true);
  wide.transaction(1, {{(std::uint64_t{7} << 32) + 40, filled('x')}});
  const Replayed out_of_range(wide);
  BOOST_TEST(out_of_range.blocks(1) == "-");
  BOOST_TEST(out_of_range.result.findings.size() == 1u);

  JournalBuilder narrow(JournalChecksums::kV3, false);
  narrow.transaction(1, {{(std::uint64_t{7} << 32) + 40, filled('x')}});
  BOOST_TEST(Replayed(narrow).blocks(1) == "x");
}

BOOST_AUTO_TEST_CASE(the_index_is_not_the_content) {
  JournalBuilder journal;
  journal.transaction(1, {{40, filled('a')}, {41, filled('b')}, {42, filled('c')}});
  const Replayed replayed(journal);
  const std::vector<source::Placement> expected = {{{40960, 3072}, source::Medium::kJournal, 2048}};
  BOOST_TEST((replayed.result.source->locate(40960, 3072) == expected));
}

BOOST_AUTO_TEST_CASE(fast_commits_follow_a_whole_log) {
  JournalBuilder journal(JournalChecksums::kV3, false, 1300);
  journal.super.s_feature_incompat = journal.super.s_feature_incompat | kJournalIncompatFastCommit;
  journal.super.s_num_fc_blks = 200;
  journal.blocks[1101] = filled('F');
  // The log goes round before the area: 1,100 blocks, the first of which is the superblock.
  journal.super.s_start = 1098;
  journal.seek(1098).write(1, {{40, filled('a')}});
  journal.seek(1).commit(1);
  const Replayed replayed(journal);
  BOOST_TEST(replayed.blocks(1) == "a");
  BOOST_TEST_REQUIRE(replayed.result.fast_commits.has_value());
  const FastCommitArea& area = *replayed.result.fast_commits;
  BOOST_TEST(area.first == 1101u);
  BOOST_TEST(area.blocks == 199u);
  BOOST_TEST(area.expected_tid == 2u);
  BOOST_TEST((area.read(0).value() == filled('F')));
  BOOST_TEST(area.read(198).has_value());
  BOOST_TEST(!area.read(199).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
