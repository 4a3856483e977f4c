#include "fs/ext4/fast_commit_replay.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/ext4/inode.hpp"
#include "tests/unit/fs/fast_commit_builder.hpp"

namespace coldread::ext4 {
namespace {

using read::ExtentKind;
using test::FastCommitBuilder;
using test::ImageBuilder;

constexpr std::uint64_t kBlock = ImageBuilder::kBlockSize;
constexpr std::uint32_t kFile = 12;
constexpr std::uint32_t kOther = 13;
constexpr std::uint32_t kUnused = 16;

/// A root directory with "file" (12, four blocks at 30) and "other" (13, one block at 40), and fast commits over it.
struct Image {
  Image() {
    put_directory(2, 20, {{kFile, "file"}, {kOther, "other"}});
    put_file(kFile, 4, 30);
    put_file(kOther, 1, 40);
    image.super.s_feature_ro_compat = 0x400;  // metadata_csum
    image.super.s_checksum_type = 1;
  }

  void put_directory(std::uint32_t number, std::uint32_t block,
                     const std::vector<std::pair<std::uint32_t, std::string>>& names, std::uint32_t flags = 0) {
    RawInode inode = test::make_inode(040755);
    inode.i_links_count = 2;
    inode.i_size_lo = 1024;
    inode.i_flags = kExtentsFlag | flags;
    test::set_root(inode, test::make_node<RawExtent>(0, {test::extent(0, 1, block)}, 60));
    image.put_inode(number, inode);
    Bytes all = test::concat({test::dirent(number, 12, "."), test::dirent(2, 12, "..")});
    for (const auto& [child, name] : names) all = test::concat({all, test::dirent(child, 32, name)});
    all = test::concat({all, test::dirent(0, static_cast<std::uint16_t>(1024 - all.size()), "")});
    image.put_bytes(block * kBlock, all);
  }
  void put_file(std::uint32_t number, std::uint16_t blocks, std::uint64_t start) {
    RawInode inode = test::make_inode();
    inode.i_size_lo = static_cast<std::uint32_t>(blocks * kBlock);
    test::set_root(inode, test::make_node<RawExtent>(0, {test::extent(0, blocks, start)}, 60));
    image.put_inode(number, inode);
  }

  /// Scans and applies the commits.
  void apply(FastCommitBuilder& commits) {
    commits.tail();
    FastCommitScan scan(ImageBuilder::kInodeSize, FastCommitBuilder::kTid);
    for (const Bytes& block : commits.blocks()) {
      if (!scan.read_block(block)) break;
    }
    before = image.filesystem();
    replay = std::make_unique<FastCommitReplay>(before);
    refused = false;
    for (const FastCommitRecord& record : scan.take_records()) {
      if (refused = !replay->apply(record); refused) break;
      ++applied;
    }
    Filesystem filesystem = *before;
    filesystem.source = replay->inodes().over_source();
    filesystem.edits = std::make_shared<const RecoveryEdits>(replay->edits());
    after = std::make_shared<const Filesystem>(std::move(filesystem));
  }

  [[nodiscard]] Result<InodeRecord> record(std::uint32_t number) const { return read_inode(*after, {number}); }
  [[nodiscard]] std::string names(std::uint32_t directory) const {
    auto entries = Ext4Inode(after, record(directory).value()).entries().value().entries;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::string all;
    for (const auto& entry : entries) all += entry.name + "=" + std::to_string(entry.inode.value) + " ";
    return all;
  }
  /// The file's first `blocks` blocks: where each lies, "-" for a hole, "u" for an unwritten one, "!" for a fault.
  [[nodiscard]] std::string map(std::uint32_t number, std::uint64_t blocks) const {
    const auto mapped = Ext4Inode(after, record(number).value()).map().value();
    std::string all;
    for (std::uint64_t i = 0; i < blocks; ++i) {
      const read::MapPiece piece = mapped.piece(i * kBlock, (i + 1) * kBlock);
      const read::Extent& extent = piece.extents.at(0);
      all += !piece.faults.empty()                   ? "!"
             : extent.kind == ExtentKind::kHole      ? "-"
             : extent.kind == ExtentKind::kUnwritten ? "u"
                                                     : std::to_string(extent.source_offset / kBlock);
      all += " ";
    }
    return all;
  }

  ImageBuilder image;
  std::unique_ptr<FastCommitReplay> replay;
  std::shared_ptr<const Filesystem> before;
  std::shared_ptr<const Filesystem> after;
  std::uint64_t applied = 0;
  bool refused = false;
};

FastCommitBuilder commits() {
  FastCommitBuilder builder;
  builder.head();
  return builder;
}

void expect_finding(const Image& image, const std::string& words) {
  const Findings& findings = image.replay->findings();
  BOOST_TEST_REQUIRE(findings.size() == 1u);
  BOOST_TEST(findings[0].find(words) != std::string::npos, findings[0]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ext4_fast_commit_replay)

BOOST_AUTO_TEST_CASE(ranges_are_laid_over_the_map) {
  Image image;
  image.apply(commits()
                  .add_range(kFile, test::extent(4, 2, 60))
                  .add_range(kFile, test::extent(6, 0x8001, 62))
                  .add_range(kFile, test::extent(1, 1, 70))
                  .del_range(kFile, 2, 1));
  BOOST_TEST(image.map(kFile, 8) == "30 70 - 33 60 61 u - ");
  BOOST_TEST(image.map(kOther, 2) == "40 - ");
  BOOST_TEST(image.replay->findings().empty());
}

BOOST_AUTO_TEST_CASE(an_unwritten_block_becomes_written_and_a_written_one_unwritten) {
  Image image;
  image.apply(commits()
                  .add_range(kFile, test::extent(4, 0x8002, 60))
                  .add_range(kFile, test::extent(5, 1, 61))
                  .add_range(kFile, test::extent(0, 0x8001, 30)));
  BOOST_TEST(image.map(kFile, 6) == "u 31 32 33 u 61 ");
}

BOOST_AUTO_TEST_CASE(lengths_of_ranges_at_their_bounds) {
  Image image;
  // An ee_len of 0 adds nothing; one of 0x8000 is 32768 written blocks, more than there are.
  image.apply(commits().add_range(kFile, test::extent(4, 0, 60)).add_range(kOther, test::extent(0, 0x8000, 60)));
  BOOST_TEST(image.map(kFile, 5) == "30 31 32 33 - ");
  BOOST_TEST(image.map(kOther, 2) == "! ! ");
  expect_finding(image, "where none can be");
}

BOOST_AUTO_TEST_CASE(removals_at_their_bounds) {
  Image nothing;
  nothing.apply(commits().del_range(kFile, 2, 0));
  BOOST_TEST(nothing.map(kFile, 4) == "30 31 32 33 ");
  Image all;  // fc_lblk + fc_len - 1 is reckoned in 32 bits
  all.apply(commits().del_range(kFile, 0, 0));
  BOOST_TEST(all.map(kFile, 4) == "- - - - ");
  Image far;
  far.apply(commits().del_range(kFile, 1, 0xFFFFFFFF));
  BOOST_TEST(far.map(kFile, 4) == "30 31 32 33 ");
  expect_finding(far, "past what a file can have");
  Image most;
  most.apply(commits().del_range(kFile, 1, 0xFFFFFFFE));
  BOOST_TEST(most.map(kFile, 4) == "30 - - - ");
}

BOOST_AUTO_TEST_CASE(ranges_of_inodes_that_are_gone_are_passed_over) {
  Image image;
  image.apply(commits()
                  .add_range(kUnused, test::extent(0, 1, 60))
                  .del_range(kUnused, 0, 1)
                  .add_range(8, test::extent(0, 1, 60))
                  .add_range(4000, test::extent(0, 1, 60)));
  BOOST_TEST(image.applied == 4u);
  BOOST_TEST(image.replay->edits().ranges.empty());
}

BOOST_AUTO_TEST_CASE(an_inode_is_replaced_but_for_its_map_and_attributes) {
  Image image;
  const Le32 attribute(kXattrMagic);
  image.image.put(ImageBuilder::inode_at(kFile) + 160, attribute);
  RawInode inode = test::make_inode(0100600);
  inode.i_size_lo = 3000;
  inode.i_uid = 7;
  inode.i_links_count = 3;
  inode.i_mtime = 1000;
  inode.i_generation = 77;
  test::set_root(inode, test::make_node<RawExtent>(0, {test::extent(0, 1, 90)}, 60));
  image.apply(commits().inode(kFile, inode));
  const auto record = image.record(kFile).value();
  BOOST_TEST(record.facts.size == 3000u);
  BOOST_TEST(record.facts.mode == 0600u);
  BOOST_TEST(record.facts.uid == 7u);
  BOOST_TEST(record.facts.links == 3u);
  BOOST_TEST(record.facts.mtime.seconds == 1000);
  BOOST_TEST(record.raw.i_generation.get() == 77u);
  BOOST_TEST(ByteView(record.bytes).load<Le32>(160)->get() == kXattrMagic);
  BOOST_TEST(image.map(kFile, 4) == "30 31 32 33 ");
  for (const Finding& finding : record.findings) {
    BOOST_TEST(finding.find("inode 12") == std::string::npos, finding);  // its checksum is made anew
  }
  BOOST_TEST(read_inode(*image.before, {kFile}).value().findings.size() == record.findings.size() + 1);
}

BOOST_AUTO_TEST_CASE(an_inode_never_in_use_before_gets_an_empty_map) {
  Image image;
  RawInode inode = test::make_inode();
  inode.i_size_lo = 2048;
  image.apply(commits()
                  .inode(kUnused, inode)
                  .add_range(kUnused, test::extent(1, 1, 60))
                  .name(FastCommitTag::kCreat, 2, kUnused, "made"));
  BOOST_TEST(image.map(kUnused, 3) == "- 60 - ");
  BOOST_TEST(image.names(2) == "file=12 made=16 other=13 ");
  BOOST_TEST(image.record(kUnused).value().facts.links == 1u);
}

BOOST_AUTO_TEST_CASE(inline_data_comes_with_its_inode) {
  Image image;
  RawInode inode = test::make_inode();
  inode.i_flags = kInlineDataFlag;
  inode.i_size_lo = 5;
  inode.i_block[0] = 0x65747962;  // "byte"
  inode.i_block[1] = 's';
  image.apply(commits().inode(kOther, inode));
  const auto record = image.record(kOther).value();
  BOOST_TEST(record.block_field().sub(0, 5)->str() == "bytes");
  Bytes read(5);
  BOOST_TEST(source::read_exactly(*image.after->source, record.block_field_offset(), read).has_value());
  BOOST_TEST(ByteView(read).str() == "bytes");
}

BOOST_AUTO_TEST_CASE(an_inode_without_links_ends_recovery) {
  Image image;
  RawInode inode = test::make_inode();
  inode.i_links_count = 0;
  image.apply(commits().inode(kFile, inode).name(FastCommitTag::kUnlink, 2, kOther, "other"));
  BOOST_TEST(image.refused);
  BOOST_TEST(image.applied == 0u);
  expect_finding(image, "refuses to mount");
}

BOOST_AUTO_TEST_CASE(an_inode_that_there_is_not) {
  Image image;
  image.apply(commits().inode(4000, test::make_inode()).inode(1, test::make_inode()).inode(0, test::make_inode()));
  BOOST_TEST(!image.refused);
  BOOST_TEST(image.replay->findings().size() == 3u);
  BOOST_TEST(image.replay->inodes().numbers().empty());
}

BOOST_AUTO_TEST_CASE(links_and_unlinks_count) {
  Image image;
  image.apply(commits()
                  .name(FastCommitTag::kLink, 2, kFile, "again")
                  .name(FastCommitTag::kLink, 2, kFile, "third")
                  .name(FastCommitTag::kUnlink, 2, kFile, "file"));
  BOOST_TEST(image.names(2) == "again=12 other=13 third=12 ");
  BOOST_TEST(image.record(kFile).value().facts.links == 2u);
}

BOOST_AUTO_TEST_CASE(a_state_that_has_the_change_already) {
  Image image;
  image.apply(commits()
                  .name(FastCommitTag::kLink, 2, kFile, "file")
                  .name(FastCommitTag::kUnlink, 2, kFile, "never there")
                  .name(FastCommitTag::kUnlink, 2, kUnused, "other")
                  .name(FastCommitTag::kLink, 17, kFile, "in no directory"));
  BOOST_TEST(image.names(2) == "file=12 other=13 ");
  BOOST_TEST(image.record(kFile).value().facts.links == 1u);
  BOOST_TEST(!image.refused);
  BOOST_TEST(image.replay->findings().empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_another_inode_has_taken) {
  Image image;
  image.apply(commits().name(FastCommitTag::kLink, 2, kFile, "x").name(FastCommitTag::kUnlink, 2, kFile, "other"));
  BOOST_TEST(image.names(2) == "file=12 other=13 x=12 ");
  BOOST_TEST(image.record(kFile).value().facts.links == 1u);
}

BOOST_AUTO_TEST_CASE(the_last_link_takes_the_inode_with_it_and_it_may_be_used_again) {
  Image image;
  image.apply(commits().add_range(kFile, test::extent(4, 1, 60)).name(FastCommitTag::kUnlink, 2, kFile, "file"));
  BOOST_TEST(!image.record(kFile).has_value());
  BOOST_TEST(image.names(2) == "other=13 ");

  Image again;
  RawInode inode = test::make_inode();
  inode.i_size_lo = 1024;
  again.apply(commits()
                  .add_range(kFile, test::extent(4, 1, 60))
                  .name(FastCommitTag::kUnlink, 2, kFile, "file")
                  .inode(kFile, inode)
                  .add_range(kFile, test::extent(0, 1, 61))
                  .name(FastCommitTag::kCreat, 2, kFile, "file"));
  BOOST_TEST(again.names(2) == "file=12 other=13 ");
  BOOST_TEST(again.map(kFile, 6) == "61 - - - - - ");
}

BOOST_AUTO_TEST_CASE(a_new_directory_has_one_link_and_only_names_of_its_own) {
  Image image;
  RawInode inode = test::make_inode(040755);
  inode.i_links_count = 2;
  inode.i_size_lo = 1024;
  image.apply(commits()
                  .inode(kUnused, inode)
                  .name(FastCommitTag::kCreat, 2, kUnused, "dir")
                  .name(FastCommitTag::kLink, kUnused, kFile, "below"));
  BOOST_TEST(image.names(2) == "dir=16 file=12 other=13 ");
  BOOST_TEST(image.names(kUnused) == "below=12 ");
  const auto record = image.record(kUnused).value();
  BOOST_TEST(record.facts.links == 1u);
  BOOST_TEST(record.facts.size == 1024u);
  BOOST_TEST(image.record(2).value().facts.links == 2u);  // the parent's count is not touched
}

BOOST_AUTO_TEST_CASE(a_directory_that_has_blocks_already_is_not_made_anew) {
  Image image;
  image.put_directory(15, 21, {{kOther, "kept"}});
  image.apply(commits().name(FastCommitTag::kCreat, 2, 15, "dir"));
  BOOST_TEST(image.names(2) == "file=12 other=13 ");
  BOOST_TEST(image.names(15) == "kept=13 ");
  expect_finding(image, "has blocks already");
}

BOOST_AUTO_TEST_CASE(a_new_directory_of_inline_data) {
  Image image;
  RawInode inode = test::make_inode(040755);
  inode.i_flags = kInlineDataFlag;
  inode.i_size_lo = 128;
  image.apply(commits()
                  .inode(kUnused, inode)
                  .name(FastCommitTag::kCreat, 2, kUnused, "dir")
                  .name(FastCommitTag::kLink, kUnused, kFile, "below"));
  BOOST_TEST(image.names(kUnused) == "below=12 ");
  BOOST_TEST(image.record(kUnused).value().facts.size == 60u);
}

BOOST_AUTO_TEST_CASE(creating_what_is_not_in_use_ends_recovery) {
  for (const std::uint32_t number : {kUnused, 8U, 4000U}) {
    Image image;
    image.apply(
        commits().name(FastCommitTag::kCreat, 2, number, "made").name(FastCommitTag::kUnlink, 2, kFile, "file"));
    BOOST_TEST(image.refused);
    BOOST_TEST(image.names(2) == "file=12 other=13 ");
  }
}

BOOST_AUTO_TEST_CASE(encrypted_directories_take_no_names_without_their_key) {
  Image image;
  image.put_directory(15, 21, {{kOther, "ciphertext"}}, kEncryptFlag);
  image.apply(
      commits().name(FastCommitTag::kUnlink, 15, kOther, "ciphertext").name(FastCommitTag::kLink, 15, kFile, "x"));
  BOOST_TEST(image.refused);
  BOOST_TEST(image.applied == 1u);
  expect_finding(image, "encrypted directory");
  BOOST_TEST(image.names(15) == "ciphertext=13 ");
}

BOOST_AUTO_TEST_CASE(casefolded_names_are_found_as_they_were_spelled) {
  Image image;
  image.put_directory(15, 21, {{kFile, "File"}, {kOther, "\xC3\x89t\xC3\xA9"}}, kCasefoldFlag);
  image.apply(commits()
                  .name(FastCommitTag::kLink, 2, kFile, "a")
                  .name(FastCommitTag::kLink, 2, kOther, "b")
                  .name(FastCommitTag::kUnlink, 15, kFile, "fILE")
                  .name(FastCommitTag::kUnlink, 15, kOther, "\xC3\xA9t\xC3\xA9"));
  BOOST_TEST(image.names(15) == "");
  BOOST_TEST(image.record(kFile).value().facts.links == 1u);
}

BOOST_AUTO_TEST_CASE(names_that_no_file_can_have) {
  for (const std::string& name : {std::string("a/b"), std::string("."), std::string(".."), std::string("a\0b", 3)}) {
    Image image;
    image.apply(commits().name(FastCommitTag::kLink, 2, kFile, name));
    BOOST_TEST(image.names(2) == "file=12 other=13 ");
    expect_finding(image, "no file can be named");
  }
}

BOOST_AUTO_TEST_CASE(a_file_is_no_directory) {
  Image image;
  image.apply(
      commits().name(FastCommitTag::kLink, kOther, kFile, "x").name(FastCommitTag::kUnlink, kOther, kFile, "y"));
  BOOST_TEST(!image.refused);
  BOOST_TEST(image.replay->findings().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
