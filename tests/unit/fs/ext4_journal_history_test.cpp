#include "fs/ext4/journal_history.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/unit/fs/journal_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::filled;
using test::JournalBuilder;

/// The first byte of what the block was when a transaction was committed; '-' where the journal does not say.
char content(const JournalHistory& history, std::uint64_t block, std::uint32_t sequence) {
  const JournalCopy* copy = history.content_at(block, sequence);
  if (copy == nullptr) return '-';
  const auto bytes = history.read(*copy);
  return bytes ? static_cast<char>(bytes->front()) : '!';
}

/// A journal that was emptied: all of its transactions are history.
JournalBuilder emptied(JournalChecksums checksums = JournalChecksums::kV3) {
  JournalBuilder journal(checksums);
  journal.super.s_start = 0;
  journal.super.s_sequence = 9;
  return journal;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_journal_history)

BOOST_AUTO_TEST_CASE(a_block_as_it_was_at_each_transaction) {
  for (const JournalChecksums checksums : {JournalChecksums::kNone, JournalChecksums::kV2, JournalChecksums::kV3}) {
    JournalBuilder journal = emptied(checksums);
    journal.transaction(4, {{70, filled('a')}, {71, filled('x')}}, 1000);
    journal.transaction(5, {{70, filled('b')}}, 2000);
    journal.transaction(7, {{70, filled('c')}}, 3000);
    const JournalHistory history(journal.log(), 0);
    BOOST_TEST(history.copies().size() == 4u);
    BOOST_TEST(history.copies_of(70).size() == 3u);
    BOOST_TEST(history.copies_of(70).front().sequence == 7u);
    BOOST_TEST(content(history, 70, 3) == '-');
    BOOST_TEST(content(history, 70, 4) == 'a');
    BOOST_TEST(content(history, 70, 6) == 'b');
    BOOST_TEST(content(history, 70, 8) == 'c');
    BOOST_TEST(content(history, 71, 8) == 'x');
    BOOST_TEST(history.written_after(70, 6).value() == 7u);
    BOOST_TEST(!history.written_after(70, 7));
    BOOST_TEST(!history.written_after(72, 0));
    BOOST_TEST(history.next_copied(0).value() == 70u);
    BOOST_TEST(!history.next_copied(72));
    BOOST_TEST(history.time_of(5)->seconds == 2000);
    BOOST_TEST(!history.time_of(6));
    BOOST_TEST(history.findings().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_revoked_copy_is_no_content) {
  JournalBuilder journal = emptied();
  journal.transaction(4, {{70, filled('a')}});
  journal.revoke(5, {70});
  journal.commit(5);
  journal.transaction(6, {{70, filled('b')}});
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(content(history, 70, 4) == 'a');
  BOOST_TEST(content(history, 70, 5) == '-');
  BOOST_TEST(content(history, 70, 6) == 'b');
  BOOST_TEST(history.written_after(70, 5).value() == 6u);
}

BOOST_AUTO_TEST_CASE(escaped_copies_begin_with_the_magic_again) {
  JournalBuilder journal = emptied();
  Bytes block = filled('q');
  const Be32 magic(kJournalMagic);
  std::copy(bytes_of(magic).begin(), bytes_of(magic).end(), block.begin());
  journal.transaction(4, {{70, block}});
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST((history.read(history.copies().front()).value() == block));
}

BOOST_AUTO_TEST_CASE(transactions_that_were_not_committed) {
  JournalBuilder journal = emptied();
  journal.write(4, {{70, filled('a')}});
  journal.transaction(5, {{71, filled('b')}});
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(history.copies().size() == 1u);
  BOOST_TEST(content(history, 70, 8) == '-');
}

BOOST_AUTO_TEST_CASE(damage_is_told) {
  JournalBuilder journal = emptied();
  const std::uint32_t first = journal.write(4, {{70, filled('a')}, {71, filled('b')}});
  journal.commit(4);
  journal.damage(first + 1);
  JournalHistory history(journal.log(), 0);
  BOOST_TEST(content(history, 70, 8) == '!');
  BOOST_TEST(content(history, 71, 8) == 'b');
  BOOST_TEST(history.headers_good());

  journal.damage(first);
  history = JournalHistory(journal.log(), 0);
  BOOST_TEST(history.copies().empty());
  BOOST_TEST(!history.headers_good());
  BOOST_TEST(history.findings().size() == 1u);

  journal.damage(first);
  journal.damage(first + 3, 50);  // the commit
  history = JournalHistory(journal.log(), 0);
  BOOST_TEST(history.copies().empty());
  BOOST_TEST(history.findings().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_journal_left) {
  JournalBuilder journal = emptied();
  journal.transaction(8, {{70, filled('a')}});
  journal.transaction(9, {{70, filled('z')}});  // s_sequence: not yet written in this journal's life
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(content(history, 70, 20) == 'a');
  BOOST_TEST(history.findings().size() == 1u);

  // Without checksums, also what is older than the filesystem.
  JournalBuilder old = emptied(JournalChecksums::kNone);
  old.transaction(4, {{70, filled('a')}}, 1000);
  old.transaction(5, {{70, filled('b')}}, 3000);
  const JournalHistory younger(old.log(), 2000);
  BOOST_TEST(younger.copies().size() == 1u);
  BOOST_TEST(content(younger, 70, 5) == 'b');
}

BOOST_AUTO_TEST_CASE(the_log_is_a_circle) {
  // The oldest transaction goes round the end, and the newest was written over what it had there.
  for (const JournalChecksums checksums : {JournalChecksums::kNone, JournalChecksums::kV3}) {
    JournalBuilder journal = emptied(checksums);
    journal.seek(30);
    journal.write(4, {{70, filled('a')}, {71, filled('b')}, {72, filled('c')}, {73, filled('d')}});
    journal.commit(4);  // at block 4
    const bool guarded = checksums != JournalChecksums::kNone;
    JournalHistory history(journal.log(), 0);
    BOOST_TEST(content(history, 70, 8) == 'a');
    // Without checksums it cannot be told whether what lies there is still its own.
    BOOST_TEST(content(history, 72, 8) == (guarded ? 'c' : '!'));

    journal.seek(1);
    journal.transaction(5, {{80, filled('n')}});  // blocks 1 to 3
    history = JournalHistory(journal.log(), 0);
    BOOST_TEST(content(history, 70, 8) == 'a');
    BOOST_TEST(content(history, 72, 8) == '!');
    BOOST_TEST(content(history, 80, 8) == 'n');
  }
}

BOOST_AUTO_TEST_CASE(copies_that_newer_ones_were_written_over) {
  JournalBuilder journal = emptied(JournalChecksums::kNone);
  journal.write(4, {{70, filled('a')}, {71, filled('b')}, {72, filled('c')}, {73, filled('d')}});
  journal.commit(4);  // blocks 1 to 6
  journal.seek(3);    // as where an older kernel did not say where the log's head was
  journal.transaction(5, {{80, filled('n')}});
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(content(history, 70, 8) == 'a');
  for (const std::uint64_t block : {71u, 72u, 73u}) BOOST_TEST(content(history, block, 8) != 'n');
  BOOST_TEST(content(history, 71, 8) == '!');
  BOOST_TEST(content(history, 72, 8) == '!');
  BOOST_TEST(content(history, 80, 8) == 'n');
}

BOOST_AUTO_TEST_CASE(times_that_nobody_lives_in) {
  JournalBuilder journal = emptied();
  journal.transaction(4, {{70, filled('a')}}, 0);
  journal.transaction(5, {{70, filled('b')}}, std::uint64_t{1} << 40);
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(!history.time_of(4));
  BOOST_TEST(!history.time_of(5));
  BOOST_TEST(content(history, 70, 5) == 'b');
}

BOOST_AUTO_TEST_CASE(sequence_numbers_wrap_around) {
  JournalBuilder journal = emptied();
  journal.super.s_sequence = 2;
  journal.transaction(0xffffffff, {{70, filled('a')}});
  journal.transaction(0, {{70, filled('b')}});
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(content(history, 70, 0xffffffff) == 'a');
  BOOST_TEST(content(history, 70, 1) == 'b');
  BOOST_TEST(history.after(0, 0xffffffff));
}

BOOST_AUTO_TEST_CASE(a_log_in_use_is_read_up_to_its_end) {
  JournalBuilder journal(JournalChecksums::kV3);
  journal.super.s_sequence = 4;
  journal.transaction(4, {{70, filled('a')}});
  journal.transaction(5, {{70, filled('b')}});
  journal.write(6, {{70, filled('c')}});
  journal.seek(20);
  journal.transaction(3, {{70, filled('o')}});
  const JournalHistory history(journal.log(), 0);
  BOOST_TEST(content(history, 70, 3) == 'o');
  BOOST_TEST(content(history, 70, 9) == 'b');
}

BOOST_AUTO_TEST_CASE(hostile_logs_end) {
  // Every block is a descriptor, and each of them claims more copies than there are blocks.
  JournalBuilder journal = emptied(JournalChecksums::kNone);
  for (std::uint32_t block = 1; block < 32; ++block) {
    Bytes all(JournalBuilder::kBlockSize, std::byte{0});
    const RawJournalHeader header{kJournalMagic, kDescriptorBlock, 4};
    std::copy(bytes_of(header).begin(), bytes_of(header).end(), all.begin());
    for (std::size_t at = 12; at + 8 <= all.size(); at += 8) all[at + 7] = std::byte{kTagSameUuid};
    journal.blocks[block] = all;
  }
  BOOST_TEST(JournalHistory(journal.log(), 0).copies().empty());
  journal.super.s_first = 31;
  BOOST_TEST(JournalHistory(journal.log(), 0).copies().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
