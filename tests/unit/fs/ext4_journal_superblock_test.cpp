#include "fs/ext4/journal_superblock.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/journal_tags.hpp"

namespace coldread::ext4 {
namespace {

RawJournalSuperblock usual() {
  RawJournalSuperblock raw{};
  raw.s_header = {kJournalMagic, kJournalSuperblockV2, 0};
  raw.s_blocksize = 4096;
  raw.s_maxlen = 4096;
  raw.s_first = 1;
  raw.s_sequence = 7;
  raw.s_start = 3;
  return raw;
}

Result<JournalSuperblock> parse(RawJournalSuperblock raw, bool sign = false) {
  if (sign) {
    raw.s_checksum_type = kJournalChecksumCrc32c;
    raw.s_checksum = 0;
    raw.s_checksum = crc32c(~0u, bytes_of(raw));
  }
  return parse_journal_superblock(ByteView(bytes_of(raw)), 4096, 4096);
}

std::string refusal(const RawJournalSuperblock& raw, bool sign = false) {
  const auto parsed = parse(raw, sign);
  return parsed ? "" : parsed.error().what;
}

std::uint32_t tag_size(std::uint32_t incompat) {
  RawJournalSuperblock raw = usual();
  raw.s_feature_incompat = incompat;
  return parse(raw, (incompat & 0x18) != 0).value().tag_size;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_journal_superblock)

BOOST_AUTO_TEST_CASE(fields) {
  const auto parsed = parse(usual());
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->length == 4096u);
  BOOST_TEST(parsed->first == 1u);
  BOOST_TEST(parsed->last == 4096u);
  BOOST_TEST(parsed->start == 3u);
  BOOST_TEST(parsed->sequence == 7u);
  BOOST_TEST(parsed->usable_size() == 4096u);
  BOOST_TEST(parsed->wrap(4095) == 4095u);
  BOOST_TEST(parsed->wrap(4096) == 1u);
  BOOST_TEST(parsed->fast_commit_blocks == 0u);
}

BOOST_AUTO_TEST_CASE(sizes_of_tags) {
  BOOST_TEST(tag_size(0) == 8u);
  BOOST_TEST(tag_size(kJournalIncompat64Bit) == 12u);
  BOOST_TEST(tag_size(kJournalIncompatChecksumV2) == 10u);
  BOOST_TEST(tag_size(kJournalIncompatChecksumV2 | kJournalIncompat64Bit) == 14u);
  BOOST_TEST(tag_size(kJournalIncompatChecksumV3) == 16u);
  BOOST_TEST(tag_size(kJournalIncompatChecksumV3 | kJournalIncompat64Bit) == 16u);
}

BOOST_AUTO_TEST_CASE(the_first_version_has_no_features) {
  RawJournalSuperblock raw = usual();
  raw.s_header.h_blocktype = kJournalSuperblockV1;
  raw.s_feature_incompat = ~0u;
  raw.s_feature_compat = ~0u;
  const auto parsed = parse(raw);
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST((parsed->checksums == JournalChecksums::kNone));
  BOOST_TEST(!parsed->has_64bit);
  BOOST_TEST(parsed->tag_size == 8u);
}

BOOST_AUTO_TEST_CASE(numbers_that_cannot_be) {
  const auto with = [](auto change) {
    RawJournalSuperblock raw = usual();
    change(raw);
    return refusal(raw);
  };
  BOOST_TEST(with([](auto& raw) { raw.s_header.h_magic = 1; }) == "bad magic");
  BOOST_TEST(with([](auto& raw) { raw.s_header.h_blocktype = 2; }) == "h_blocktype is 2, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_blocksize = 1024; }) == "s_blocksize is 1024, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_maxlen = 4097; }) == "s_maxlen is 4097, and the journal has only 4096 blocks");
  BOOST_TEST(with([](auto& raw) { raw.s_maxlen = 0; }) == "s_first is 1, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_first = 0; }) == "s_first is 0, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_first = 4096; }) == "s_first is 4096, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_start = 4096; }) == "s_start is 4096, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_start = ~0u; }) == "s_start is 4294967295, which cannot be");
  BOOST_TEST(with([](auto& raw) { raw.s_feature_incompat = 0x140; }) == "it has unknown incompatible features, 0x140");
  BOOST_TEST(with([](auto& raw) { raw.s_feature_ro_compat = 1; }) ==
             "it has unknown read-only-compatible features, 0x1");
  BOOST_TEST(with([](auto& raw) {
               raw.s_feature_incompat = kJournalIncompatChecksumV2 | kJournalIncompatChecksumV3;
             }) == "it has more than one version of checksums");
  BOOST_TEST(!parse_journal_superblock(ByteView(bytes_of(usual())).sub(0, 1023).value(), 4096, 4096));
}

BOOST_AUTO_TEST_CASE(its_own_checksum) {
  for (const std::uint32_t version : {kJournalIncompatChecksumV2, kJournalIncompatChecksumV3}) {
    RawJournalSuperblock raw = usual();
    raw.s_feature_incompat = version;
    BOOST_TEST(refusal(raw) == "s_checksum_type is 0, which cannot be");
    BOOST_TEST(refusal(raw, true).empty());
    raw.s_checksum_type = kJournalChecksumCrc32c;
    BOOST_TEST(refusal(raw) == "its checksum is wrong");
    BOOST_TEST(parse(raw, true).value().usable_size() == 4092u);
  }
}

BOOST_AUTO_TEST_CASE(the_fast_commit_area) {
  RawJournalSuperblock raw = usual();
  raw.s_feature_incompat = kJournalIncompatFastCommit;
  auto parsed = parse(raw);
  BOOST_TEST(parsed->last == 3840u);
  BOOST_TEST(parsed->fast_commit_first == 3841u);
  BOOST_TEST(parsed->fast_commit_blocks == 255u);
  raw.s_num_fc_blks = 3072;
  parsed = parse(raw);
  BOOST_TEST(parsed->last == 1024u);
  BOOST_TEST(parsed->fast_commit_blocks == 3071u);
  // What would leave too small a log is not believed.
  for (const std::uint32_t blocks : {3073u, 4096u, 4097u, ~0u}) {
    raw.s_num_fc_blks = blocks;
    parsed = parse(raw);
    BOOST_TEST(parsed->last == 4096u);
    BOOST_TEST(parsed->fast_commit_blocks == 0u);
  }
  raw.s_num_fc_blks = 3072;
  raw.s_first = 1024;
  BOOST_TEST(refusal(raw) == "s_first is 1024, which cannot be");
}

BOOST_AUTO_TEST_CASE(tags_end_with_the_block) {
  RawJournalSuperblock raw = usual();
  raw.s_feature_incompat = kJournalIncompatChecksumV3;
  const JournalSuperblock journal = parse(raw, true).value();
  // Tags of zeros: none is the last, and a UUID of 16 bytes follows each.
  BOOST_TEST(parse_tags(journal, Bytes(4096)).size() == (4096u - 12 - 4 + 16) / 32);
  raw.s_feature_incompat = 0;
  const JournalSuperblock plain = parse(raw).value();
  BOOST_TEST(parse_tags(plain, Bytes(4096)).size() == (4096u - 12 + 16) / 24);
  Bytes same_uuid(4096);
  for (std::size_t at = 12; at + 8 <= same_uuid.size(); at += 8) same_uuid[at + 7] = std::byte{kTagSameUuid};
  BOOST_TEST(parse_tags(plain, same_uuid).size() == (4096u - 12) / 8);
  BOOST_TEST(parse_tags(plain, Bytes(11)).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
