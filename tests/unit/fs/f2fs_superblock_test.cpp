#include "fs/f2fs/superblock.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>

#include "fs/f2fs/find_superblock.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using test::ImageBuilder;
using Change = std::function<void(RawSuperblock&)>;

RawSuperblock good() { return ImageBuilder().super; }

/// Why a superblock with that change is refused; empty where it is not.
std::string refusal(const Change& change) {
  RawSuperblock raw = good();
  change(raw);
  Findings findings;
  const auto parsed = parse_superblock(raw, findings);
  return parsed ? "" : parsed.error().message();
}

void put_name(RawSuperblock& raw, const std::vector<std::uint16_t>& units) {
  for (std::size_t i = 0; i < units.size(); ++i) raw.volume_name[i] = units[i];
}

RawDevice device(const std::string& path, std::uint32_t segments) {
  RawDevice raw{};
  std::copy(path.begin(), path.end(), raw.path.begin());
  raw.total_segments = segments;
  return raw;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_superblock)

BOOST_AUTO_TEST_CASE(what_it_says_at_each_block_size) {
  struct Expected {
    unsigned bits;
    std::uint32_t inode_addrs, node_addrs, nats, sits, summary_entries, journal;
  };
  for (const Expected& e :
       {Expected{12, 923, 1018, 455, 55, 3584, 507}, Expected{14, 3995, 4090, 1820, 221, 14336, 2043},
        Expected{16, 16283, 16378, 7281, 885, 57344, 8187}}) {
    Findings findings;
    const auto s = parse_superblock(ImageBuilder(e.bits).super, findings);
    BOOST_REQUIRE(s.has_value());
    BOOST_TEST(findings.empty());
    BOOST_TEST(s->block_size == 1u << e.bits);
    BOOST_TEST(s->addrs_per_inode() == e.inode_addrs);
    BOOST_TEST(s->addrs_per_block() == e.node_addrs);
    BOOST_TEST(s->nat_entries_per_block() == e.nats);
    BOOST_TEST(s->sit_entries_per_block() == e.sits);
    BOOST_TEST(s->summary_entries_size() == e.summary_entries);
    BOOST_TEST(s->journal_size() == e.journal);
    BOOST_TEST(s->max_nid == 1024 * e.nats);
    BOOST_TEST(s->nat_blocks == 1024u);
    BOOST_TEST(s->sit_blocks == 512u);
    BOOST_TEST(s->main_end == s->raw.main_blkaddr + 16u * 512);
    BOOST_TEST(s->blocks_end == s->main_end);
    BOOST_TEST(s->byte_of(3) == 3ull << e.bits);
  }
  RawSuperblock packed = ImageBuilder(16).super;
  packed.feature = kFeaturePackedSsa;
  Findings findings;
  const auto s = parse_superblock(packed, findings);
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST(s->summary_entries_size() == 3584u);
  BOOST_TEST(s->journal_size() == 507u);
}

BOOST_AUTO_TEST_CASE(the_main_area_has_two_ends) {
  Findings findings;
  const auto s = parse_superblock(good(), findings);
  BOOST_REQUIRE(s.has_value());
  const std::uint32_t first = s->raw.main_blkaddr;
  BOOST_TEST(!s->in_main_area(first - 1));
  BOOST_TEST(s->in_main_area(first));
  BOOST_TEST(s->in_main_area(first + 16 * 512 - 1));
  BOOST_TEST(!s->in_main_area(first + 16 * 512));
  BOOST_TEST(!s->in_main_area(kNewAddr));
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_TEST(refusal([](RawSuperblock&) {}).empty());
  BOOST_TEST(refusal([](auto& s) { s.magic = kSuperMagic + 1; }) == "superblock: there is no f2fs magic");
  BOOST_TEST(refusal([](auto& s) { s.log_blocksize = 11; }) == "superblock: log_blocksize is 11");
  BOOST_TEST(refusal([](auto& s) { s.log_blocksize = 17; }) == "superblock: log_blocksize is 17");
  BOOST_TEST(refusal([](auto& s) { s.log_blocksize = 0xffffffff; }) == "superblock: log_blocksize is 4294967295");
  BOOST_TEST(refusal([](auto& s) { s.log_blocks_per_seg = 8; }) == "superblock: log_blocks_per_seg is 8");
  BOOST_TEST(refusal([](auto& s) { s.segment_count = 0xffffffff; }) == "superblock: segment_count is 4294967295");
  const std::string sections = "superblock: 16 sections of 2 segments are not 16 segments";
  BOOST_TEST(refusal([](auto& s) { s.segs_per_sec = 2; }) == sections);
  BOOST_TEST(refusal([](auto& s) { s.segs_per_sec = 0; }) ==
             "superblock: 16 sections of 0 segments are not 16 segments");
  // 2^31 sections of 2^5 segments: the product's lower 32 bits are 0.
  BOOST_TEST(refusal([](auto& s) {
               s.section_count = 0x80000000;
               s.segs_per_sec = 32;
               s.segment_count_main = 0;
             }) == "superblock: 2147483648 sections of 32 segments are not 0 segments");
  BOOST_TEST(refusal([](auto& s) { s.block_count = s.segment_count * 512 - 1; }) ==
             "superblock: block_count is less than its segments have");
  BOOST_TEST(refusal([](auto& s) { s.secs_per_zone = 0; }) == "superblock: secs_per_zone is 0");
  BOOST_TEST(refusal([](auto& s) { s.secs_per_zone = 17; }) == "superblock: secs_per_zone is 17");
  BOOST_TEST(refusal([](auto& s) { s.secs_per_zone = 16; }).empty());
  BOOST_TEST(refusal([](auto& s) { s.cp_payload = 503; }).empty());
  BOOST_TEST(refusal([](auto& s) { s.cp_payload = 504; }) == "superblock: cp_payload is 504");
  const std::string inodes = "superblock: the root's inode is not 3, or the reserved ones are not 1 and 2";
  BOOST_TEST(refusal([](auto& s) { s.root_ino = 4; }) == inodes);
  BOOST_TEST(refusal([](auto& s) { s.node_ino = 2; }) == inodes);
  BOOST_TEST(refusal([](auto& s) { s.meta_ino = 1; }) == inodes);
}

BOOST_AUTO_TEST_CASE(areas_that_do_not_follow_each_other) {
  BOOST_TEST(refusal([](auto& s) { s.segment0_blkaddr = 511; }) ==
             "superblock: the checkpoint area does not begin at segment 0");
  BOOST_TEST(refusal([](auto& s) { s.sit_blkaddr = s.sit_blkaddr + 1; }) ==
             "superblock: the SIT does not follow the checkpoints");
  BOOST_TEST(refusal([](auto& s) { s.nat_blkaddr = s.nat_blkaddr - 1; }) ==
             "superblock: the NAT does not follow the SIT");
  BOOST_TEST(refusal([](auto& s) { s.segment_count_nat = 5; }) == "superblock: the SSA does not follow the NAT");
  BOOST_TEST(refusal([](auto& s) { s.main_blkaddr = s.main_blkaddr + 512; }) ==
             "superblock: the main area does not follow the SSA");
  // By 32 bits it would follow.
  BOOST_TEST(refusal([](auto& s) { s.segment_count_ckpt = s.segment_count_ckpt + (1u << 23); }) ==
             "superblock: the SIT does not follow the checkpoints");
  BOOST_TEST(refusal([](auto& s) { s.segment_count = s.segment_count - 1; }) ==
             "superblock: the main area ends past the last segment");
  BOOST_TEST(refusal([](auto& s) {
               s.segment_count = s.segment_count + 1;
               s.block_count = s.block_count + 512;
             }).empty());
  BOOST_TEST(refusal([](auto& s) {
               s.segment_count_ckpt = 1;
               s.segment0_blkaddr = s.cp_blkaddr = 1024;
             }) == "superblock: there is no room for two checkpoint packs");
  BOOST_TEST(refusal([](auto& s) {
               s.segment_count_sit = 1;
               s.segment_count_nat = 5;
               s.nat_blkaddr = s.nat_blkaddr - 512;
             }) == "superblock: there is no room for two copies of SIT and NAT");
  BOOST_TEST(refusal([](auto& s) {
               // All of it so far up that its end has no address.
               constexpr std::uint32_t kFar = 0xffffffff - 25 * 512 + 1;
               for (Le32* field : {&s.segment0_blkaddr, &s.cp_blkaddr, &s.sit_blkaddr, &s.nat_blkaddr, &s.ssa_blkaddr,
                                   &s.main_blkaddr}) {
                 *field = *field - 512 + kFar;
               }
             }) == "superblock: it ends past the last block that an address can name");
}

BOOST_AUTO_TEST_CASE(its_checksum) {
  const auto seal = [](RawSuperblock& s) {
    s.feature = kFeatureSbChksum;
    s.checksum_offset = 3068;
    s.crc = test::checksum(kSuperMagic, bytes_of(s).first(3068));
  };
  BOOST_TEST(refusal(seal).empty());
  BOOST_TEST(refusal([&](auto& s) {
               seal(s);
               s.reserved[257] = 1;
             }) == "superblock: its checksum is wrong");
  BOOST_TEST(refusal([&](auto& s) {
               seal(s);
               s.checksum_offset = 3064;
             }) == "superblock: checksum_offset is 3064");
  BOOST_TEST(refusal([&](auto& s) { s.crc = 1; }).empty());  // without the feature nothing is there
}

BOOST_AUTO_TEST_CASE(sectors_that_contradict_are_a_finding) {
  RawSuperblock raw = good();
  raw.log_sectorsize = 10;
  Findings findings;
  BOOST_TEST(parse_superblock(raw, findings).has_value());
  BOOST_TEST(
      findings == (Findings{"superblock: a sector of 2^10 bytes and 2^3 of them in a block contradict each other"}),
      boost::test_tools::per_element());
  raw.log_sectorsize = 0xffffffff;
  findings.clear();
  BOOST_TEST(parse_superblock(raw, findings).has_value());
  BOOST_TEST(findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(devices) {
  RawSuperblock raw = good();
  raw.devs[0] = device("/dev/a", 9);
  raw.devs[1] = device(std::string(64, 'b'), 15);
  raw.devs[2] = device("/dev/c", 1);
  raw.devs[4] = device("behind a gap", 1);
  Findings findings;
  const auto s = parse_superblock(raw, findings);
  BOOST_REQUIRE(s.has_value());
  BOOST_REQUIRE(s->devices.size() == 3u);
  BOOST_TEST(s->devices[0].path == "/dev/a");
  BOOST_TEST(s->devices[0].first_block == 0u);
  BOOST_TEST(s->devices[0].blocks == 512u + 9 * 512);  // what lies before segment 0 too
  BOOST_TEST(s->devices[1].path == std::string(64, 'b'));
  BOOST_TEST(s->devices[1].first_block == 10u * 512);
  BOOST_TEST(s->devices[1].blocks == 15u * 512);
  BOOST_TEST(s->devices[2].first_block == 25u * 512);

  raw.devs[1].total_segments = 16;
  BOOST_TEST(parse_superblock(raw, findings).error().message() ==
             "superblock: its devices have 26 segments together, and it counts 25");
  raw.devs[1].total_segments = 0xffffffff;
  BOOST_TEST(parse_superblock(raw, findings).error().message() ==
             "superblock: its devices have 4294967305 segments together, and it counts 25");
  RawSuperblock single = good();
  single.devs[0] = device("/dev/a", 25);
  BOOST_TEST(parse_superblock(single, findings)->devices.empty());
}

BOOST_AUTO_TEST_CASE(its_label) {
  RawSuperblock raw = good();
  BOOST_TEST(volume_name(raw).empty());
  put_name(raw, {'a', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0xd83d, 0xde00, 0xdbff, 0xdfff, 0, 'x'});
  BOOST_TEST(volume_name(raw) ==
             "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
  raw.volume_name = {};
  put_name(raw, {0xd800, 'a', 0xdc00, 0xd800, 0xd800, 0xdc00});  // halves of pairs, then a pair
  BOOST_TEST(volume_name(raw) ==
             "\xef\xbf\xbd"
             "a\xef\xbf\xbd\xef\xbf\xbd\xf0\x90\x80\x80");
  for (auto& unit : raw.volume_name) unit = 'n';
  BOOST_TEST(volume_name(raw) == std::string(512, 'n'));
  raw.volume_name[511] = 0xd800;
  BOOST_TEST(volume_name(raw) == std::string(511, 'n') + "\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(the_second_copy_is_found_at_each_block_size) {
  for (const unsigned bits : {12u, 13u, 14u, 15u, 16u}) {
    ImageBuilder image(bits);
    image.finish();
    auto found = find_superblock(*image.disk);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->copy == 1u);
    BOOST_TEST(found->findings.empty());
    image.put(kSuperOffset, Le32(0));
    found = find_superblock(*image.disk);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->copy == 2u);
    BOOST_TEST(found->superblock.block_bits == bits);
    BOOST_TEST(
        found->findings == (Findings{"the first superblock cannot be used, the second is: superblock: there is no "
                                     "f2fs magic"}),
        boost::test_tools::per_element());
    image.put(kSuperOffset, Le32(kSuperMagic));
    image.put(kSuperOffset + offsetof(RawSuperblock, log_blocks_per_seg), Le32(3));
    found = find_superblock(*image.disk);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->copy == 2u);
    BOOST_TEST(found->findings == (Findings{"the first superblock cannot be used, the second is: superblock: "
                                            "log_blocks_per_seg is 3"}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(copies_that_differ_or_are_lost) {
  ImageBuilder image;
  image.finish();
  const std::uint64_t second = 4096 + kSuperOffset;
  // What the kernel writes to either copy alone is no difference.
  image.put(second + offsetof(RawSuperblock, s_errors), Le16(1));
  BOOST_TEST(find_superblock(*image.disk)->findings.empty());
  image.put(second + offsetof(RawSuperblock, feature), Le32(kFeatureVerity));
  BOOST_TEST(find_superblock(*image.disk)->findings == (Findings{"the two superblocks differ; the first is used"}),
             boost::test_tools::per_element());
  image.put(second, Le32(1));
  BOOST_TEST(find_superblock(*image.disk)->findings ==
                 (Findings{"the second superblock cannot be used: superblock: there is no f2fs magic"}),
             boost::test_tools::per_element());
  image.put(kSuperOffset, Le32(1));
  const auto none = find_superblock(*image.disk);
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().kind == ErrorKind::kNotFound));
  BOOST_TEST(!has_superblock(*image.disk));
  image.put(second, Le32(kSuperMagic));
  image.put(second + offsetof(RawSuperblock, root_ino), Le32(1));
  const auto corrupt = find_superblock(*image.disk);
  BOOST_REQUIRE(!corrupt);
  BOOST_TEST((corrupt.error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(has_superblock(*image.disk));
}

BOOST_AUTO_TEST_CASE(features_by_name) {
  BOOST_TEST(feature_names(0).empty());
  BOOST_TEST(feature_names(0x1ffff).size() == 17u);
  BOOST_TEST(
      feature_names(kFeatureCompression | kFeatureEncrypt) == (std::vector<std::string>{"encrypt", "compression"}),
      boost::test_tools::per_element());
  BOOST_TEST(unknown_features(0x1ffff) == 0u);
  BOOST_TEST(unknown_features(0x80020000) == 0x80020000);
  ImageBuilder image;
  image.super.feature = 0x20000;
  const auto refused = image.open();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == ErrorKind::kUnsupported));
  BOOST_TEST(refused.error().message() == "f2fs: the filesystem uses unknown features, 0x20000");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
