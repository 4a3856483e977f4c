#include <boost/test/unit_test.hpp>
#include <functional>
#include <initializer_list>
#include <string>

#include "fs/f2fs/inode_checksum.hpp"
#include "fs/f2fs/inode_record.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using test::ImageBuilder;
using test::InodeImage;

RawExtraAttr extra(std::uint16_t size) {
  RawExtraAttr raw{};
  raw.i_extra_isize = size;
  return raw;
}

/// A superblock with those features, and inodes parsed by it.
struct Parsed {
  explicit Parsed(std::uint32_t features = 0, unsigned bits = 12) : image(bits) {
    image.super.feature = features;
    Findings findings;
    super = parse_superblock(image.super, findings).value();
  }
  Result<InodeRecord> operator()(const InodeImage& inode) const {
    Node node{image.inode(ImageBuilder::kFile, inode), {}, 1};
    node.footer = *ByteView(node.bytes).load<RawNodeFooter>(node.bytes.size() - sizeof(RawNodeFooter));
    return parse_inode(super, std::move(node));
  }
  Findings findings(const InodeImage& inode) const { return (*this)(inode).value().findings; }

  ImageBuilder image;
  Superblock super;
};

constexpr std::uint32_t kAll = kFeatureExtraAttr | kFeatureInodeCrtime | kFeatureFlexibleInlineXattr;

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_inode)

BOOST_AUTO_TEST_CASE(what_stat_shows) {
  InodeImage inode(0104751);
  inode.raw.i_uid = 0xfffffffe;
  inode.raw.i_gid = 70000;
  inode.raw.i_links = 65536;
  inode.raw.i_size = 0x123456789abc;
  inode.raw.i_atime = 1;
  inode.raw.i_atime_nsec = 999999999;
  inode.raw.i_ctime = static_cast<std::uint64_t>(-1);
  inode.raw.i_mtime = std::uint64_t{1} << 40;
  inode.raw.i_advise = kAdviseEncrypt | kAdviseVerity;
  const auto record = Parsed()(inode);
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->findings.empty());
  const volume::InodeFacts& facts = record->facts;
  BOOST_TEST(facts.number.value == 5u);
  BOOST_TEST((facts.type == volume::FileType::kFile));
  BOOST_TEST(facts.mode == 04751u);
  BOOST_TEST(facts.uid == 0xfffffffe);
  BOOST_TEST(facts.gid == 70000u);
  BOOST_TEST(facts.links == 65536u);
  BOOST_TEST(facts.size == 0x123456789abcu);
  BOOST_TEST((facts.atime == volume::Timestamp{1, 999999999}));
  BOOST_TEST((facts.ctime == volume::Timestamp{-1, 0}));
  BOOST_TEST((facts.mtime == volume::Timestamp{std::int64_t{1} << 40, 0}));
  BOOST_TEST(!facts.crtime);
  BOOST_TEST(facts.encrypted);
  BOOST_TEST(facts.verity);
  BOOST_TEST(!facts.casefold);
  BOOST_TEST(!facts.compression);
}

BOOST_AUTO_TEST_CASE(projects_are_told_where_there_are_any) {
  const auto project = [](std::uint32_t features, std::uint16_t i_extra_isize) {
    InodeImage inode;
    inode.extra = RawExtraAttr{};
    inode.extra->i_extra_isize = i_extra_isize;
    inode.extra->i_projid = 77;
    const auto record = Parsed{features}(inode);
    BOOST_REQUIRE(record.has_value());
    return record->facts.project;
  };
  BOOST_TEST(project(kFeatureExtraAttr | kFeatureProjectQuota, 8) == 77u);
  BOOST_TEST(project(kFeatureExtraAttr | kFeatureProjectQuota, 4) == 0u);
  BOOST_TEST(project(kFeatureExtraAttr, 8) == 0u);
}

BOOST_AUTO_TEST_CASE(nanoseconds_of_a_second_or_more) {
  InodeImage inode;
  inode.raw.i_mtime = 5;
  inode.raw.i_mtime_nsec = 1000000000;
  const auto record = Parsed()(inode);
  BOOST_TEST((record->facts.mtime == volume::Timestamp{5, 0}));
  BOOST_TEST(record->findings == (Findings{"inode 5: i_mtime_nsec has a second or more of nanoseconds"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_addresses_begin) {
  InodeImage plain;
  plain.addrs = {{0, 100}, {922, 101}};
  plain.nids = {1, 2, 3, 4, 0xffffffff};
  const auto record = Parsed()(plain);
  BOOST_TEST(record->addrs == 923u);
  BOOST_TEST(record->addrs_per_node == 1018u);
  BOOST_TEST(record->addr(0) == 100u);
  BOOST_TEST(record->addr(922) == 101u);
  BOOST_TEST(record->addr(0xfffffff0) == 0u);
  BOOST_TEST(record->nid(0) == 1u);
  BOOST_TEST(record->nid(4) == 0xffffffff);

  InodeImage with_extra;
  with_extra.extra = extra(36);
  with_extra.addrs = {{0, 100}};
  const auto shifted = Parsed(kFeatureExtraAttr)(with_extra);
  BOOST_TEST(shifted->addrs == 914u);
  BOOST_TEST(shifted->addr(0) == 100u);
  BOOST_TEST(shifted->findings.empty());

  InodeImage inline_xattrs;
  inline_xattrs.raw.i_inline = kInlineXattr;
  BOOST_TEST(Parsed()(inline_xattrs)->addrs == 873u);
  InodeImage dentries(040755);
  dentries.raw.i_links = 2;
  dentries.raw.i_inline = kInlineDentry;  // the room is kept for them even so
  BOOST_TEST(Parsed()(dentries)->addrs == 873u);
  BOOST_TEST(Parsed()(dentries)->inline_size() == 3488u);
  InodeImage data;
  data.raw.i_inline = kInlineData;
  BOOST_TEST(Parsed()(data)->inline_size() == 3688u);
  BOOST_TEST(Parsed()(data)->inline_offset() == 364u);
  BOOST_TEST(Parsed(0, 16)(data)->inline_size() == 65536u - 360 - 4 - 20 - 24);
}

BOOST_AUTO_TEST_CASE(extra_sizes_at_their_edges) {
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{4, 8, 12, 24, 36}) {
    InodeImage inode;
    inode.extra = extra(size);
    inode.addrs = {{0, 77}};
    const auto record = Parsed(kFeatureExtraAttr)(inode);
    BOOST_TEST(record->findings.empty());
    BOOST_TEST(record->extra_addrs == size / 4u);
    BOOST_TEST(record->addr(0) == 77u);
  }
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{0, 2, 37, 38, 40, 3692, 3696, 65532, 65535}) {
    InodeImage inode;
    inode.extra = extra(size);
    Node node{Parsed().image.inode(5, InodeImage()), {5, 5, 0, 1, 0}, 1};
    node.bytes[offsetof(RawInode, i_inline)] = std::byte{kExtraAttr};
    test::patch(node.bytes, sizeof(RawInode), Le16(size));
    const auto record = parse_inode(Parsed(kFeatureExtraAttr).super, node);
    BOOST_REQUIRE(record.has_value());
    BOOST_TEST(
        record->findings == (Findings{"inode 5: i_extra_isize is " + std::to_string(size) + ", which cannot be"}),
        boost::test_tools::per_element());
    BOOST_TEST(record->extra_addrs == std::min(size / 4, 923));
    BOOST_TEST(record->addrs == 923u - record->extra_addrs);
    BOOST_TEST(record->inline_area().size() == record->inline_size());
  }
  InodeImage inode;
  inode.extra = extra(36);
  BOOST_TEST(Parsed().findings(inode) ==
                 (Findings{"inode 5: it has extra attributes, and the filesystem lacks their feature"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fields_past_the_extra_size_are_not_there) {
  InodeImage inode;
  inode.extra = extra(24);
  inode.extra->i_crtime = 1234;
  inode.extra->i_crtime_nsec = 5;
  const auto with = Parsed(kAll)(inode);
  BOOST_TEST((with->facts.crtime == volume::Timestamp{1234, 5}));
  inode.extra->i_extra_isize = 16;  // ends within i_crtime
  inode.addrs = {{0, 99}};
  const auto without = Parsed(kAll)(inode);
  BOOST_TEST(!without->facts.crtime);
  BOOST_TEST(without->extra.i_crtime_nsec == 0u);
  inode.extra->i_extra_isize = 24;
  BOOST_TEST(!Parsed(kFeatureExtraAttr)(inode)->facts.crtime);
}

BOOST_AUTO_TEST_CASE(flexible_inline_attributes) {
  const auto with = [](std::uint16_t words, std::uint8_t flags) {
    InodeImage inode;
    inode.raw.i_inline = flags;
    inode.extra = extra(36);
    inode.extra->i_inline_xattr_size = words;
    return Parsed(kAll)(inode).value();
  };
  BOOST_TEST(with(0, 0).addrs == 914u);
  BOOST_TEST(with(6, kInlineXattr).inline_xattrs().size() == 24u);
  BOOST_TEST(with(6, 0).inline_xattrs().empty());
  BOOST_TEST(with(6, 0).addrs == 908u);  // the room is kept all the same
  BOOST_TEST(with(903, kInlineXattr).findings.empty());
  BOOST_TEST(with(903, kInlineXattr).addrs == 11u);
  for (const auto& [words, flags] : {std::pair<std::uint16_t, std::uint8_t>{5, kInlineXattr},
                                     {904, 0},
                                     {914, kInlineXattr},
                                     {915, kInlineXattr},
                                     {0xffff, kInlineXattr | kInlineData}}) {
    const InodeRecord record = with(words, flags);
    BOOST_TEST(
        record.findings == (Findings{"inode 5: i_inline_xattr_size is " + std::to_string(words) + ", which cannot be"}),
        boost::test_tools::per_element());
    BOOST_TEST(record.inline_xattr_addrs == std::min<std::uint32_t>(words, 914));
    BOOST_TEST(record.inline_area().size() == record.inline_size());
  }
  // Without the feature, the field has no meaning.
  InodeImage inode;
  inode.extra = extra(36);
  inode.extra->i_inline_xattr_size = 700;
  BOOST_TEST(Parsed(kFeatureExtraAttr)(inode)->addrs == 914u);
}

BOOST_AUTO_TEST_CASE(devices) {
  const auto rdev = [](std::uint16_t mode, std::uint32_t old_encoding, std::uint32_t new_encoding) {
    InodeImage inode(mode);
    inode.extra = extra(36);
    inode.addrs = {{0, old_encoding}, {1, new_encoding}};
    const auto record = Parsed(kFeatureExtraAttr)(inode);
    return std::to_string(record->facts.rdev_major) + ":" + std::to_string(record->facts.rdev_minor);
  };
  BOOST_TEST(rdev(020644, 0x0501, 0) == "5:1");
  BOOST_TEST(rdev(060644, 0xffff, 0x12345) == "255:255");
  BOOST_TEST(rdev(060644, 0, 0xfff00000 | 0xfff00 | 0xff) == "4095:1048575");
  BOOST_TEST(rdev(020644, 0, 0) == "0:0");
  BOOST_TEST(rdev(0100644, 0x0501, 0) == "0:0");
  BOOST_TEST(rdev(010644, 0x0501, 0) == "0:0");
}

BOOST_AUTO_TEST_CASE(compression) {
  const std::uint32_t features = kFeatureExtraAttr | kFeatureCompression;
  InodeImage inode;
  inode.raw.i_flags = kComprFl;
  inode.extra = extra(36);
  inode.extra->i_compress_algorithm = 2;
  inode.extra->i_log_cluster_size = 3;
  inode.extra->i_compress_flag = 0x0501;
  const auto record = Parsed(features)(inode);
  BOOST_REQUIRE(record->facts.compression.has_value());
  BOOST_TEST((record->facts.compression->algorithm == read::CompressionAlgorithm::kZstd));
  BOOST_TEST(record->facts.compression->cluster_size == 32768u);
  BOOST_TEST(record->facts.compression->checksummed);
  BOOST_TEST(record->cluster_blocks == 8u);
  BOOST_TEST(record->addrs == 912u);            // 914, cut to whole clusters
  BOOST_TEST(record->addrs_per_node == 1016u);  // 1018
  BOOST_TEST(Parsed(features, 16)(inode)->facts.compression->cluster_size == 524288u);
  inode.extra->i_compress_flag = 0x0500;
  BOOST_TEST(!Parsed(features)(inode)->facts.compression->checksummed);

  inode.extra->i_log_cluster_size = 8;
  BOOST_TEST(Parsed(features)(inode)->addrs == 768u);
  for (const std::uint8_t log : std::initializer_list<std::uint8_t>{0, 1, 9, 255}) {
    inode.extra->i_log_cluster_size = log;
    BOOST_TEST(Parsed(features)(inode).error().message() == "inode 5: i_log_cluster_size is " + std::to_string(log));
  }
  inode.extra->i_log_cluster_size = 2;
  for (const std::uint8_t algorithm : std::initializer_list<std::uint8_t>{0, 1, 2, 3}) {
    inode.extra->i_compress_algorithm = algorithm;
    BOOST_TEST(Parsed(features)(inode).has_value());
  }
  inode.extra->i_compress_algorithm = 4;
  BOOST_TEST(Parsed(features)(inode).error().message() ==
             "inode 5: it is compressed by an algorithm with the unknown number 4");

  // Where any of what makes a file a compressed one lacks, the fields have no meaning.
  BOOST_TEST(!Parsed(kFeatureExtraAttr)(inode)->facts.compression);
  InodeImage other = inode;
  other.raw.i_flags = 0;
  BOOST_TEST(!Parsed(features)(other)->facts.compression);
  other = inode;
  other.raw.i_mode = 0120777;
  BOOST_TEST(!Parsed(features)(other)->facts.compression);
  other = inode;
  other.extra->i_extra_isize = 32;
  BOOST_TEST(!Parsed(features)(other)->facts.compression);
  other.extra.reset();
  BOOST_TEST(!Parsed(features)(other)->facts.compression);
}

BOOST_AUTO_TEST_CASE(checksums) {
  Parsed parsed(kFeatureExtraAttr | kFeatureInodeChksum);
  InodeImage inode;
  inode.raw.i_generation = 0x1234;
  inode.extra = extra(12);
  Bytes bytes = parsed.image.inode(5, inode);
  // As fs/f2fs/inode.c says: uuid, then number, generation, and the block with zeros for the sum.
  std::uint32_t sum = test::checksum(0xffffffff, std::as_bytes(std::span(parsed.image.super.uuid)));
  BOOST_TEST(parsed.super.inode_checksum_seed == sum);
  sum = test::checksum(sum, bytes_of(Le32(5)));
  sum = test::checksum(sum, bytes_of(Le32(0x1234)));
  sum = test::checksum(sum, bytes);
  test::patch(bytes, sizeof(RawInode) + 8, Le32(sum));
  BOOST_TEST(inode_checksum_good(parsed.super, bytes));
  Bytes other = bytes;
  test::patch(other, sizeof(RawInode) + 8, Le32(0));
  BOOST_TEST(!inode_checksum_good(parsed.super, other));
  set_inode_checksum(parsed.super, other);
  BOOST_TEST((other == bytes));
  other[4071] ^= std::byte{1};
  BOOST_TEST(!inode_checksum_good(parsed.super, other));
  BOOST_TEST(parsed.findings(inode) == (Findings{"inode 5: its checksum is wrong"}), boost::test_tools::per_element());

  // An inode without room for it, or without extra attributes, has none; nor has a filesystem without the feature.
  inode.extra->i_extra_isize = 8;
  BOOST_TEST(parsed.findings(inode).empty());
  inode.extra->i_extra_isize = 36;
  BOOST_TEST(Parsed(kFeatureExtraAttr).findings(inode).empty());
  inode.extra.reset();
  BOOST_TEST(parsed.findings(inode).empty());
}

BOOST_AUTO_TEST_CASE(what_the_kernel_refuses) {
  const auto finding = [](std::uint16_t mode, const std::function<void(RawInode&)>& change) {
    InodeImage inode(mode);
    if ((mode & 0170000) == 040000) inode.raw.i_links = 2;
    change(inode.raw);
    const Findings findings = Parsed().findings(inode);
    return findings.size() == 1 ? findings[0] : std::to_string(findings.size());
  };
  BOOST_TEST(finding(0100644, [](auto&) {}) == "0");
  BOOST_TEST(finding(040755, [](auto&) {}) == "0");
  BOOST_TEST(finding(0, [](auto&) {}) == "inode 5: i_mode names no type of file");
  BOOST_TEST(finding(0100644, [](auto& raw) { raw.i_blocks = 0; }) == "inode 5: i_blocks is 0");
  BOOST_TEST(finding(0100644, [](auto& raw) { raw.i_size = std::uint64_t{1} << 63; }) ==
             "inode 5: its size is negative");
  BOOST_TEST(finding(040755, [](auto& raw) { raw.i_links = 1; }) == "inode 5: a directory with a single link");
  BOOST_TEST(finding(0100644, [](auto& raw) { raw.i_xattr_nid = 5; }) == "inode 5: i_xattr_nid is its own number");
  BOOST_TEST(finding(040755, [](auto& raw) { raw.i_inline = kInlineData; }) ==
             "inode 5: it has inline data, and can have none");
  BOOST_TEST(finding(0100644, [](auto& raw) { raw.i_inline = kInlineDentry; }) ==
             "inode 5: it has inline dentries, and is no directory");
  BOOST_TEST(finding(0120777, [](auto& raw) { raw.i_inline = kInlineData; }) == "0");
  const auto inline_data = [&](const std::function<void(RawInode&)>& change) {
    return finding(0100644, [&](auto& raw) {
      raw.i_inline = kInlineData;
      raw.i_size = 3688;
      change(raw);
    });
  };
  BOOST_TEST(inline_data([](auto&) {}) == "0");
  BOOST_TEST(inline_data([](auto& raw) { raw.i_size = 3689; }) ==
             "inode 5: its size is more than its inline data can have");
  const std::string processed = "inode 5: it has inline data, and is encrypted, compressed or an fs-verity file";
  BOOST_TEST(inline_data([](auto& raw) { raw.i_advise = kAdviseEncrypt; }) == processed);
  BOOST_TEST(inline_data([](auto& raw) { raw.i_advise = kAdviseVerity; }) == processed);
  BOOST_TEST(inline_data([](auto& raw) { raw.i_flags = kComprFl; }) == processed);
  // Linux lets such inodes be where they have blocks too, which it has not taken away yet.
  BOOST_TEST(inline_data([](auto& raw) {
               raw.i_advise = kAdviseEncrypt;
               raw.i_blocks = 2;
             }) == "0");
  BOOST_TEST(finding(0120777, [](auto& raw) {
               raw.i_inline = kInlineData;
               raw.i_advise = kAdviseEncrypt;
             }) == "0");
  BOOST_TEST(finding(040755, [](auto& raw) { raw.i_flags = kCasefoldFl; }) ==
             "inode 5: it is casefolded, and the filesystem lacks that feature");
  BOOST_TEST(finding(0100644, [](auto& raw) { raw.i_flags = kDeviceAliasFl; }) ==
             "inode 5: it aliases a device, and is not pinned or the filesystem lacks that feature");
}

BOOST_AUTO_TEST_CASE(numbers) {
  ImageBuilder image;
  image.add_inode(5, 0, InodeImage());
  image.add_node(6, 5, 1, image.node(6, 5, 1, {}));
  image.add_node(7, 7, 2, image.node(7, 7, 3, {}));
  const auto filesystem = image.filesystem();
  const auto why = [&](std::uint64_t number) {
    const auto record = read_inode(*filesystem, {number});
    return record ? "" : record.error().message();
  };
  BOOST_TEST(why(5).empty());
  BOOST_TEST(why(0) == "inode 0: there is no such inode");
  BOOST_TEST(why(2) == "inode 2: there is no such inode");
  BOOST_TEST(why(3) == "inode 3: it is not in use");
  BOOST_TEST(why(6) == "inode 6: its node is no inode but part of inode 5");
  BOOST_TEST(why(7) == "inode 7: its node is no inode but part of inode 7");
  BOOST_TEST(why(465920) == "inode 465920: there is no such inode");
  BOOST_TEST(why((std::uint64_t{1} << 32) + 5) == "inode 4294967301: there is no such inode");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
