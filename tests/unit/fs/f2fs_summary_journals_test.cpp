#include "fs/f2fs/summary_journals.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using test::ImageBuilder;

RawNatJournalEntry nat(std::uint32_t nid, std::uint32_t block) { return {nid, {0, nid, block}}; }

SummaryJournals read(ImageBuilder& image) { return image.filesystem()->journals; }

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_summary_journals)

BOOST_AUTO_TEST_CASE(in_each_kind_of_summary) {
  for (const unsigned bits : {12u, 14u, 16u}) {
    for (const std::uint32_t feature : {std::uint32_t{0}, std::uint32_t{kFeaturePackedSsa}}) {
      for (const std::uint32_t flags :
           {kCpUmountFlag, std::uint32_t{0}, kCpFastbootFlag, kCpUmountFlag | kCpCompactSumFlag, kCpCompactSumFlag,
            kCpOrphanPresentFlag, kCpUmountFlag | kCpOrphanPresentFlag}) {
        BOOST_TEST_CONTEXT("2^" << bits << ", features " << feature << ", flags " << flags) {
          ImageBuilder image(bits);
          image.super.feature = feature;
          image.packs[0].raw.ckpt_flags = flags;
          image.packs[0].nat_journal = {nat(7, 4000), nat(0xffffffff, 5000), nat(7, 6000)};
          image.packs[0].sit_journal = {{3, ImageBuilder::sit_entry({0, 1, 511})}};
          const SummaryJournals journals = read(image);
          BOOST_TEST(journals.findings.empty());
          BOOST_REQUIRE(journals.nat.size() == 2u);
          BOOST_TEST(journals.nat.at(7).block_addr == 4000u);  // the first of two
          BOOST_TEST(journals.nat.at(0xffffffff).block_addr == 5000u);
          BOOST_REQUIRE(journals.sit.size() == 1u);
          BOOST_TEST((journals.sit.at(3).vblocks & kSitVblocksMask) == 3u);
          BOOST_TEST(journals.sit.at(3).valid_map[63] == 1u);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(of_the_other_pack) {
  ImageBuilder image;
  image.packs[0].nat_journal = {nat(7, 4000)};
  image.packs[1].nat_journal = {nat(8, 4001)};
  BOOST_TEST(image.filesystem(9)->journals.nat.contains(8));
  BOOST_TEST(!image.filesystem(9)->journals.nat.contains(7));
  BOOST_TEST(!image.filesystem(10)->journals.nat.contains(8));
}

BOOST_AUTO_TEST_CASE(empty) {
  ImageBuilder image;
  const SummaryJournals journals = read(image);
  BOOST_TEST(journals.nat.empty());
  BOOST_TEST(journals.sit.empty());
  BOOST_TEST(journals.findings.empty());
}

BOOST_AUTO_TEST_CASE(full_and_more_than_full) {
  ImageBuilder image;
  for (std::uint32_t i = 0; i < 38; ++i) image.packs[0].nat_journal.push_back(nat(100 + i, 4000 + i));
  for (std::uint32_t i = 0; i < 6; ++i) image.packs[0].sit_journal.push_back({i, ImageBuilder::sit_entry({i})});
  SummaryJournals journals = read(image);
  BOOST_TEST(journals.nat.size() == 38u);
  BOOST_TEST(journals.nat.at(137).block_addr == 4037u);
  BOOST_TEST(journals.sit.size() == 6u);
  BOOST_TEST(journals.findings.empty());

  image.packs[0].nat_journal_count = 39;
  image.packs[0].sit_journal_count = 0xffff;
  journals = read(image);
  BOOST_TEST(journals.nat.size() == 38u);
  BOOST_TEST(journals.sit.size() == 6u);
  BOOST_TEST(journals.findings == (Findings{"the checkpoint's NAT journal claims 39 entries, and has room for 38",
                                            "the checkpoint's SIT journal claims 65535 entries, and has room for 6"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_read) {
  ImageBuilder image;
  image.packs[0].nat_journal = {nat(7, 4000)};
  image.packs[0].sit_journal = {{3, ImageBuilder::sit_entry({0})}};
  image.disk->spoil(std::uint64_t{513} * 4096 + 3584, 1);
  const SummaryJournals journals = read(image);
  BOOST_TEST(journals.nat.empty());
  BOOST_TEST(journals.sit.size() == 1u);
  BOOST_TEST(
      journals.findings == (Findings{"the checkpoint's NAT journal cannot be read, so older entries may be used: "
                                     "image offset 2104832: it is spoiled"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
