#include "fs/f2fs/volume.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/source/slice_source.hpp"
#include "fs/f2fs/directory_index.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using Texts = std::vector<std::string>;
using test::ImageBuilder;
using test::InodeImage;

RawDevice device(const std::string& path, std::uint32_t segments) {
  RawDevice raw{};
  std::copy(path.begin(), path.end(), raw.path.begin());
  raw.total_segments = segments;
  return raw;
}

std::string detail(const volume::Volume& volume, const std::string& name) {
  for (const auto& [key, value] : volume.facts().details) {
    if (key == name) return value;
  }
  return "none";
}

std::vector<std::uint64_t> in_use(const volume::Volume& volume) {
  std::vector<std::uint64_t> all;
  for (InodeNumber at{1}; at.value != 0;) {
    const volume::InodeList list = volume.inodes_in_use(at);
    for (const InodeNumber number : list.inodes) all.push_back(number.value);
    BOOST_REQUIRE((list.next.value == 0 || list.next.value > at.value));
    at = list.next;
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_volume)

BOOST_AUTO_TEST_CASE(what_info_tells) {
  ImageBuilder image(14);
  image.super.volume_name[0] = 'l';
  image.super.feature = kFeatureVerity;
  const std::string version = "Linux version 6.1\n";
  std::copy(version.begin(), version.end(), image.super.version.begin());
  const auto volume = image.open();
  BOOST_REQUIRE(volume.has_value());
  const volume::VolumeFacts& facts = (*volume)->facts();
  BOOST_TEST(facts.type == "f2fs");
  BOOST_TEST(facts.label == "l");
  BOOST_TEST(facts.block_size == 16384u);
  BOOST_TEST(facts.size == std::uint64_t{26} * 512 * 16384);
  BOOST_TEST((facts.uuid[0] == std::byte{1} && facts.uuid[15] == std::byte{16}));
  BOOST_TEST(facts.features == (Texts{"verity"}), boost::test_tools::per_element());
  BOOST_TEST(facts.findings.empty());
  BOOST_TEST(!facts.replay.needed);
  BOOST_TEST(detail(**volume, "written_by") == "Linux version 6.1");
  BOOST_TEST(detail(**volume, "checkpoint_ver") == "10");
  BOOST_TEST(detail(**volume, "other_checkpoint_ver") == "9");
  BOOST_TEST(detail(**volume, "ckpt_flags") == "umount");
  BOOST_TEST((*volume)->root().value == 3u);
}

BOOST_AUTO_TEST_CASE(inodes_that_are_in_use) {
  ImageBuilder image;
  image.add_inode(3, 0, image.inline_dir({}));
  image.add_inode(5, 1, InodeImage());
  image.add_inode(6, 2, InodeImage());
  image.add_node(20, 5, 3, image.node(20, 5, 1, {}));
  image.put_nat(2, 2, image.main(4));
  image.put_nat(7, 7, kNewAddr);
  image.put_nat(454, 454, image.main(5));
  image.put_nat(455, 455, image.main(6));
  image.put_nat(465919, 465919, image.main(7));
  image.super.qf_ino[1] = 6;
  image.packs[0].nat_journal = {{5, {0, 5, 0}}, {8, {0, 8, image.main(8)}}};
  const auto volume = image.open();
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST(in_use(**volume) == (std::vector<std::uint64_t>{3, 8, 454, 455, 465919}),
             boost::test_tools::per_element());
  BOOST_TEST((*volume)->inodes_in_use({0}).inodes.empty());
  BOOST_TEST((*volume)->inodes_in_use({465920}).next.value == 0u);
  BOOST_TEST((*volume)->inodes_in_use({~std::uint64_t{0}}).inodes.empty());
  BOOST_TEST((*volume)->inodes_in_use({455}).inodes.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_nat_block_that_is_lost) {
  ImageBuilder image;
  image.packs[0].nat_journal = {{8, {0, 8, image.main(8)}}};
  image.disk->spoil(image.byte_of(image.super.nat_blkaddr), 1);
  const volume::InodeList list = (*image.open())->inodes_in_use({1});
  BOOST_TEST(list.inodes.size() == 1u);
  BOOST_TEST(list.findings == (Texts{"NAT block 0: image offset 10485760: it is spoiled"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(inodes_without_a_link) {
  ImageBuilder image;
  InodeImage orphan;
  orphan.raw.i_links = 0;
  image.add_inode(5, 0, orphan);
  const auto volume = image.open();
  BOOST_TEST((*volume)->inode({5}).error().message() == "inode 5: it is not in use");
  BOOST_TEST((*volume)->nameless_inode({5}).has_value());
}

BOOST_AUTO_TEST_CASE(an_inode_that_is_no_directory) {
  ImageBuilder image;
  image.add_inode(5, 0, InodeImage());
  const auto inode = (*image.open())->inode({5});
  BOOST_TEST((*inode)->entries().error().message() == "inode 5: it is not a directory");
  BOOST_TEST((*inode)->deleted_entries().error().message() == "inode 5: it is not a directory");
}

BOOST_AUTO_TEST_CASE(over_three_devices) {
  ImageBuilder image;
  image.super.devs[0] = device("/dev/a", 12);
  image.super.devs[1] = device("/dev/b", 6);
  image.super.devs[2] = device("/dev/c", 7);
  InodeImage file;
  file.raw.i_size = 4096;
  // Segment 12, the first of the second device, and its last block; then the third's first.
  file.addrs = {{0, image.main(16 * 512 - 1)}};
  image.fill_block(image.main(16 * 512 - 1), 'z');
  image.add_inode(5, 0, file);
  const auto whole = image.source();
  const auto part = [&](std::uint64_t first, std::uint64_t segments) {
    return std::make_shared<source::SliceSource>(whole, first * 512 * 4096, segments * 512 * 4096);
  };
  const auto refused = f2fs::open(part(0, 13));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == ErrorKind::kUnsupported));
  BOOST_TEST(refused.error().message() ==
             "f2fs: the filesystem spans 3 devices and 1 were given; give each further one with --device, in this "
             "order: /dev/b, /dev/c");
  OpenOptions options;
  options.devices = {part(13, 6), part(19, 7)};
  const auto volume = f2fs::open(part(0, 13), options);
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST((*volume)->facts().findings.empty());
  BOOST_TEST(detail(**volume, "device_1") == "/dev/b, 3072 blocks from block 6656");
  const auto map = (*(*volume)->inode({5}))->map();
  BOOST_REQUIRE(map.has_value());
  const read::MapPiece piece = map->piece(0, 4096);
  BOOST_REQUIRE(piece.extents.size() == 1u);
  Bytes bytes(4096);
  BOOST_TEST(source::read_exactly(*(*volume)->source(), piece.extents[0].source_offset, bytes).has_value());
  BOOST_TEST((bytes[4095] == std::byte{'z'}));
  const auto placements = (*volume)->source()->locate(piece.extents[0].source_offset, 4096);
  BOOST_REQUIRE(placements.size() == 1u);
  BOOST_TEST(placements[0].device == 2u);
  BOOST_TEST(placements[0].offset == std::uint64_t{13311} * 4096);  // of the image that it is a part of
}

BOOST_AUTO_TEST_CASE(an_image_that_was_cut) {
  ImageBuilder image;
  const auto whole = image.source();
  const auto cut = std::make_shared<coldread::test::SparseSource>(*whole, whole->size() - 1);
  const auto volume = f2fs::open(cut);
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST((*volume)->facts().findings ==
                 (Texts{"the filesystem is 54525952 bytes long, and only 54525951 of them are there"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(verity_metadata_of_a_file_that_is_not_marked) {
  ImageBuilder image;
  InodeImage file;
  file.raw.i_size = 100;
  const RawVerityLocation location{1, 256, 65536};
  file.inline_xattrs = test::xattr_area({test::xattr_entry(11, "v", as_chars(bytes_of(location)))});
  const auto check = [&](bool marked, std::uint8_t is_inline) {
    file.raw.i_advise = marked ? kAdviseVerity : 0;
    file.raw.i_inline = is_inline;
    image.add_inode(5, 0, file);
    const auto volume = image.open().value();
    const auto inode = volume->inode({5}).value()->map().value();
    BOOST_TEST(inode.size() == 100u);
    BOOST_TEST(inode.mapped_end() == (marked ? 65536u + 4096 : 100u));
  };
  check(true, 0);
  check(false, 0);
  check(true, kInlineData);
}

BOOST_AUTO_TEST_CASE(names_that_were_removed_and_recovered) {
  ImageBuilder image;
  const auto hash = f2fs::name_hash(ByteView(as_bytes("file")));
  image.add_inode(3, 0, image.inline_dir({{0, 5, "file", hash, 1, false}}));
  image.add_inode(5, 1, InodeImage());
  BOOST_TEST((*(*image.open())->inode({3}))->deleted_entries()->entries.size() == 1u);
  InodeImage inode;
  inode.raw.i_pino = 3;
  inode.raw.i_namelen = 4;
  for (std::size_t i = 0; i < 4; ++i) inode.raw.i_name[i] = static_cast<std::uint8_t>("file"[i]);
  image.put_block(image.main(512), image.inode(5, inode, {kFsyncMark | kDentryMark, 10, 0}));
  const auto root = (*image.open())->inode({3});
  BOOST_TEST((*root)->entries()->entries.size() == 1u);
  BOOST_TEST((*root)->deleted_entries()->entries.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
