#include "fs/ext4/fast_commit_scan.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/unit/fs/fast_commit_builder.hpp"

namespace coldread::ext4 {
namespace {

using test::FastCommitBuilder;
constexpr std::uint32_t kInodeSize = 256;

/// What a scan of the blocks came to.
struct Scanned {
  std::vector<FastCommitRecord> records;
  std::uint64_t commits = 0;
  std::string refusal;
  std::size_t blocks_taken = 0;
  bool wants_more = true;
};

Scanned scan(const std::vector<Bytes>& blocks) {
  FastCommitScan scan(kInodeSize, FastCommitBuilder::kTid);
  Scanned result;
  for (const Bytes& block : blocks) {
    ++result.blocks_taken;
    result.wants_more = scan.read_block(block);
    if (!result.wants_more) break;
  }
  result.commits = scan.commits();
  result.refusal = scan.refusal();
  result.records = scan.take_records();
  return result;
}

std::vector<Bytes> and_zeros(FastCommitBuilder& area) {
  auto blocks = area.blocks();
  blocks.emplace_back(1024);
  return blocks;
}

std::string tags(const Scanned& scanned) {
  std::string all;
  for (const FastCommitRecord& record : scanned.records) all += std::string(to_string(record.tag)) + " ";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_fast_commit_scan)

BOOST_AUTO_TEST_CASE(every_tag_of_a_commit_in_order) {
  FastCommitBuilder area;
  area.head()
      .inode(12, test::make_inode())
      .add_range(12, test::extent(0, 1, 30))
      .name(FastCommitTag::kCreat, 2, 12, "made")
      .name(FastCommitTag::kLink, 2, 13, "linked")
      .name(FastCommitTag::kUnlink, 2, 14, "gone")
      .del_range(12, 5, 6)
      .tail();
  const Scanned found = scan(and_zeros(area));
  BOOST_TEST(tags(found) == "INODE ADD_RANGE CREAT LINK UNLINK DEL_RANGE ");
  BOOST_TEST(found.commits == 1u);
  BOOST_TEST(found.refusal == "");
  BOOST_TEST(found.blocks_taken == 2u);
  BOOST_TEST(!found.wants_more);
  BOOST_TEST(found.records[2].where() == "fast commit block 0, offset 200 (CREAT)");
  BOOST_TEST(ByteView(found.records[2].value).sub(8, 4)->str() == "made");
}

BOOST_AUTO_TEST_CASE(pads_and_blocks_that_a_commit_runs_through) {
  FastCommitBuilder area;
  area.head();
  for (int i = 0; i < 9; ++i) area.name(FastCommitTag::kUnlink, 2, 14, std::string(200, 'a'));
  area.tail();
  BOOST_TEST_REQUIRE(area.blocks().size() == 3u);
  const Scanned found = scan(and_zeros(area));
  BOOST_TEST(found.records.size() == 9u);
  BOOST_TEST(found.records.back().block == 2u);
}

BOOST_AUTO_TEST_CASE(several_commits_one_head) {
  FastCommitBuilder area;
  area.head().del_range(12, 0, 1).tail().del_range(12, 1, 1).tail();
  const Scanned found = scan(and_zeros(area));
  BOOST_TEST(found.commits == 2u);
  BOOST_TEST(found.records.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_area_without_head_is_empty) {
  for (const Bytes& first : {Bytes(1024), FastCommitBuilder().del_range(12, 0, 1).tail().blocks()[0], Bytes(2)}) {
    const Scanned found = scan({first});
    BOOST_TEST(found.records.empty());
    BOOST_TEST(found.refusal == "");
    BOOST_TEST(!found.wants_more);
  }
}

BOOST_AUTO_TEST_CASE(commits_of_another_transaction_are_stale) {
  FastCommitBuilder old;
  old.head(6).del_range(12, 0, 1).tail(6);
  BOOST_TEST(scan(old.blocks()).records.empty());
  BOOST_TEST(scan(old.blocks()).refusal == "");

  // A later head, of an older transaction, ends what was there before it.
  FastCommitBuilder both;
  both.head().del_range(12, 0, 1).tail().head(6).del_range(12, 1, 1).tail(6);
  BOOST_TEST(scan(both.blocks()).records.size() == 1u);
  BOOST_TEST(scan(both.blocks()).refusal == "");
}

BOOST_AUTO_TEST_CASE(a_commit_without_its_tail_is_not_applied) {
  FastCommitBuilder area;
  area.head().del_range(12, 0, 1).tail().del_range(12, 1, 1);
  const Scanned found = scan(and_zeros(area));
  BOOST_TEST(found.records.size() == 1u);
  BOOST_TEST(found.commits == 1u);
}

BOOST_AUTO_TEST_CASE(a_bad_tail_ends_what_was_good_before) {
  for (const auto& [tid, crc_error] : {std::pair{7u, 1u}, std::pair{6u, 0u}}) {
    FastCommitBuilder area;
    area.head().del_range(12, 0, 1).tail().del_range(12, 1, 1).tail(tid, crc_error).del_range(12, 2, 1).tail();
    const Scanned found = scan(area.blocks());
    BOOST_TEST(found.records.size() == 1u);
    BOOST_TEST(found.refusal == "");
    BOOST_TEST(found.blocks_taken == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_bad_first_tail_keeps_the_kernel_from_mounting) {
  FastCommitBuilder area;
  area.head().del_range(12, 0, 1).tail(7, 1).del_range(12, 1, 1).tail();
  const Scanned found = scan(area.blocks());
  BOOST_TEST(found.records.empty());
  BOOST_TEST(found.refusal.find("wrong checksum") != std::string::npos, found.refusal);

  FastCommitBuilder other;
  other.head().del_range(12, 0, 1).tail(6);
  BOOST_TEST(scan(other.blocks()).refusal.find("wrong fc_tid") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_byte_changed_within_a_commit_breaks_its_checksum) {
  FastCommitBuilder area;
  area.head().name(FastCommitTag::kUnlink, 2, 14, "gone").tail();
  auto blocks = area.blocks();
  blocks[0][12 + 4 + 8] ^= std::byte{1};  // of the name
  BOOST_TEST(scan(blocks).records.empty());
  BOOST_TEST(scan(blocks).refusal.find("checksum") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unknown_features_keep_the_kernel_from_mounting) {
  FastCommitBuilder area;
  area.head(FastCommitBuilder::kTid, 4).del_range(12, 0, 1).tail();
  BOOST_TEST(scan(area.blocks()).refusal.find("fc_features 4") != std::string::npos);
  // Even behind commits that are complete, which are not applied then.
  FastCommitBuilder later;
  later.head().del_range(12, 0, 1).tail().head(FastCommitBuilder::kTid, 1).tail();
  const Scanned found = scan(later.blocks());
  BOOST_TEST(found.records.empty());
  BOOST_TEST(found.commits == 0u);
  BOOST_TEST(found.refusal != "");
}

BOOST_AUTO_TEST_CASE(lengths_that_a_tag_cannot_have) {
  const auto refused = [](FastCommitTag tag, std::size_t length) {
    FastCommitBuilder area;
    area.head().add(tag, Bytes(length)).tail();
    const Scanned found = scan(area.blocks());
    BOOST_TEST(found.records.empty());
    return !found.refusal.empty();
  };
  const auto accepted = [](FastCommitTag tag, std::size_t length) {
    FastCommitBuilder area;
    area.head().add(tag, Bytes(length)).tail();
    return scan(area.blocks()).records.size() == 1;
  };
  BOOST_TEST(refused(FastCommitTag::kAddRange, 15));
  BOOST_TEST(refused(FastCommitTag::kAddRange, 17));
  BOOST_TEST(accepted(FastCommitTag::kAddRange, 16));
  BOOST_TEST(refused(FastCommitTag::kDelRange, 11));
  BOOST_TEST(accepted(FastCommitTag::kDelRange, 12));
  for (const auto tag : {FastCommitTag::kCreat, FastCommitTag::kLink, FastCommitTag::kUnlink}) {
    BOOST_TEST(refused(tag, 0));
    BOOST_TEST(refused(tag, 8));
    BOOST_TEST(accepted(tag, 9));
    BOOST_TEST(accepted(tag, 263));
    BOOST_TEST(refused(tag, 264));
  }
  BOOST_TEST(refused(FastCommitTag::kInode, 131));
  BOOST_TEST(accepted(FastCommitTag::kInode, 132));
  BOOST_TEST(accepted(FastCommitTag::kInode, 260));
  BOOST_TEST(refused(FastCommitTag::kInode, 261));
  BOOST_TEST(refused(FastCommitTag{10}, 4));
  BOOST_TEST(refused(FastCommitTag{0}, 4));
}

BOOST_AUTO_TEST_CASE(a_tag_that_reaches_past_its_block) {
  FastCommitBuilder area;
  area.head().del_range(12, 0, 1).tail();
  auto blocks = area.blocks();
  // The tail's fc_len, one more than there is room for.
  const Le16 length(static_cast<std::uint16_t>(1024 - 12 - 16 - 4 + 1));
  std::memcpy(blocks[0].data() + 12 + 16 + 2, &length, 2);
  const Scanned found = scan(blocks);
  BOOST_TEST(found.records.empty());
  BOOST_TEST(found.refusal.find("which cannot be") != std::string::npos, found.refusal);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
