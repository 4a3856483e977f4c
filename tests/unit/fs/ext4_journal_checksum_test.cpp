#include "fs/ext4/journal_checksum.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fs/ext4/journal.hpp"
#include "tests/unit/fs/image_builder.hpp"
#include "tests/unit/fs/journal_builder.hpp"

namespace coldread::ext4 {

using test::filled;
using test::ImageBuilder;
using test::JournalBuilder;

namespace {

/// What became of blocks 40 to 42, which were full of '-'; '!' for one that cannot be read.
std::string replayed_blocks(JournalBuilder& journal, JournalReplay& result) {
  ImageBuilder image;
  for (std::uint64_t block = 40; block < 43; ++block) image.put_bytes(block * 1024, filled('-'));
  result = replay_journal(*image.filesystem(), journal.log());
  std::string fills;
  for (std::uint64_t block = 40; block < 43; ++block) {
    Bytes bytes(1024);
    const bool read = source::read_exactly(*result.source, block * 1024, bytes).has_value();
    fills += read ? static_cast<char>(bytes.front()) : '!';
  }
  return fills;
}

/// Three transactions, in blocks 1 to 3, 4 to 6 and 7 to 9, each of which writes one block.
JournalBuilder three_transactions(JournalChecksums checksums) {
  JournalBuilder journal(checksums);
  journal.transaction(1, {{40, filled('a')}}, 100);
  journal.transaction(2, {{41, filled('b')}}, 101);
  journal.transaction(3, {{42, filled('c')}}, 102);
  return journal;
}

bool says(const JournalReplay& result, const std::string& what) {
  return result.findings.size() == 1 && result.findings.front().find(what) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_journal_checksum)

// CRC-32/MPEG-2 of the catalogue of CRC algorithms: the same polynomial and order, not inverted.
BOOST_AUTO_TEST_CASE(crc32_of_the_catalogue) { BOOST_TEST(crc32_be(~0u, as_bytes("123456789")) == 0x0376E6E7u); }

BOOST_AUTO_TEST_CASE(a_first_version_transaction_that_is_damaged_ends_the_log) {
  for (const std::uint32_t block : {4u, 5u}) {
    JournalBuilder journal = three_transactions(JournalChecksums::kV1);
    journal.damage(block);
    JournalReplay result;
    BOOST_TEST(replayed_blocks(journal, result) == "a--");
    BOOST_TEST(result.transactions == 1u);
    BOOST_TEST(says(result, "external journal block 6 (byte 6144): the commit of transaction 2 has a wrong checksum"));
  }
}

BOOST_AUTO_TEST_CASE(a_first_version_checksum_that_was_never_made) {
  JournalBuilder journal = three_transactions(JournalChecksums::kV1);
  for (std::size_t i = offsetof(RawCommitHeader, h_chksum_type); i < 0x14; ++i) journal.blocks[6][i] = std::byte{0};
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "abc");
  BOOST_TEST(result.findings.empty());
}

BOOST_AUTO_TEST_CASE(without_checksums_nothing_is_noticed) {
  JournalBuilder journal = three_transactions(JournalChecksums::kNone);
  journal.damage(5);
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "abc");
  BOOST_TEST(result.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_descriptor_of_a_committed_transaction_refuses_the_journal) {
  for (const JournalChecksums checksums : {JournalChecksums::kV2, JournalChecksums::kV3}) {
    JournalBuilder journal = three_transactions(checksums);
    journal.damage(4);
    JournalReplay result;
    BOOST_TEST(replayed_blocks(journal, result) == "---");
    BOOST_TEST(result.applied == 0u);
    BOOST_TEST(result.transactions == 0u);
    BOOST_TEST(says(result,
                    "external journal block 4 (byte 4096): its checksum is wrong, and its transaction 2 was "
                    "committed in external journal block 6 (byte 6144); the kernel refuses"));
  }
}

// A commit older than the one before it is a leftover of an earlier use of the journal: the log ended before it.
BOOST_AUTO_TEST_CASE(a_damaged_descriptor_of_a_leftover_ends_the_log) {
  JournalBuilder journal(JournalChecksums::kV3);
  journal.transaction(1, {{40, filled('a')}}, 100);
  const std::uint32_t stale = journal.write(2, {{41, filled('b')}});
  journal.commit(2, 99);
  journal.damage(stale);
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "a--");
  BOOST_TEST(result.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_descriptor_without_a_commit_ends_the_log) {
  JournalBuilder journal(JournalChecksums::kV3);
  journal.transaction(1, {{40, filled('a')}});
  journal.damage(journal.write(2, {{41, filled('b')}}));
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "a--");
  BOOST_TEST(result.findings.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_revoke_block_refuses_the_journal) {
  for (const JournalChecksums checksums : {JournalChecksums::kV2, JournalChecksums::kV3}) {
    JournalBuilder journal(checksums);
    journal.transaction(1, {{40, filled('a')}});
    journal.damage(journal.revoke(2, {40}));
    journal.commit(2);
    JournalReplay result;
    BOOST_TEST(replayed_blocks(journal, result) == "---");
    BOOST_TEST(says(result, "block 4 (byte 4096): its checksum is wrong"));
  }
}

BOOST_AUTO_TEST_CASE(a_revoke_block_that_claims_too_much) {
  JournalBuilder journal;
  journal.transaction(1, {{40, filled('a')}});
  const std::uint32_t block = journal.revoke(2, {40});
  journal.blocks[block][offsetof(RawRevokeHeader, r_count) + 2] = std::byte{0x40};
  journal.commit(2);
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "---");
  BOOST_TEST(says(result, "r_count is 16404"));
}

BOOST_AUTO_TEST_CASE(a_damaged_commit_ends_the_log_before_its_transaction) {
  for (const JournalChecksums checksums : {JournalChecksums::kV2, JournalChecksums::kV3}) {
    JournalBuilder journal = three_transactions(checksums);
    journal.damage(6, 17);  // in h_chksum
    JournalReplay result;
    BOOST_TEST(replayed_blocks(journal, result) == "a--");
    BOOST_TEST(result.transactions == 1u);
    BOOST_TEST(says(result, "the commit of transaction 2 has a wrong checksum"));
  }
}

BOOST_AUTO_TEST_CASE(with_async_commit_later_commits_are_walked_but_not_replayed) {
  for (const JournalChecksums checksums : {JournalChecksums::kV1, JournalChecksums::kV3}) {
    JournalBuilder journal = three_transactions(checksums);
    journal.super.s_feature_incompat = journal.super.s_feature_incompat | kJournalIncompatAsyncCommit;
    journal.damage(6, 17);
    JournalReplay result;
    BOOST_TEST(replayed_blocks(journal, result) == "a--");
    BOOST_TEST(result.transactions == 1u);
  }
}

// Older kernels summed the header alone, with zeros after it.
BOOST_AUTO_TEST_CASE(a_commit_summed_without_what_follows_its_header) {
  JournalBuilder journal = three_transactions(JournalChecksums::kV3);
  journal.damage(6, 500);
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "abc");
  journal.damage(6, 50);
  BOOST_TEST(replayed_blocks(journal, result) == "a--");
}

// What the block was is not known, and what lies there is older: neither is the filesystem's content.
BOOST_AUTO_TEST_CASE(a_damaged_copy_makes_its_block_unreadable) {
  for (const JournalChecksums checksums : {JournalChecksums::kV2, JournalChecksums::kV3}) {
    JournalBuilder journal = three_transactions(checksums);
    journal.damage(5);
    JournalReplay result;
    BOOST_TEST(replayed_blocks(journal, result) == "a!c");
    BOOST_TEST(result.applied == 2u);
    BOOST_TEST(result.transactions == 3u);
    BOOST_TEST(says(
        result, "external journal block 5 (byte 5120): this copy of block 41 is not replayed: its checksum is wrong"));
    Bytes bytes(1024);
    BOOST_TEST(result.source->read_at(std::uint64_t{41} * 1024, bytes).front().reason ==
               "its newest copy, in the journal, is damaged");
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_copy_that_is_written_over_later) {
  JournalBuilder journal = three_transactions(JournalChecksums::kV3);
  journal.transaction(4, {{41, filled('d')}}, 103);
  journal.damage(5);
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "adc");
  BOOST_TEST(result.findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_damaged_copy_that_is_revoked_later) {
  JournalBuilder journal = three_transactions(JournalChecksums::kV3);
  journal.revoke(4, {41});
  journal.commit(4, 103);
  journal.damage(5);
  JournalReplay result;
  BOOST_TEST(replayed_blocks(journal, result) == "a-c");
  BOOST_TEST(result.findings.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
