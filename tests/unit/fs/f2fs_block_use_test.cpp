#include "fs/f2fs/block_use.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using Texts = std::vector<std::string>;
using test::Dentry;
using test::ImageBuilder;
using test::InodeImage;

BlockUse use_of(ImageBuilder& image, std::uint64_t version = 10) {
  const auto filesystem = image.filesystem(version);
  return {*image.disk, filesystem->superblock(), filesystem->checkpoint, filesystem->journals};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_block_use)

BOOST_AUTO_TEST_CASE(bits_copies_and_the_journal) {
  for (const unsigned bits : {12u, 16u}) {
    ImageBuilder image(bits);
    image.put_sit(0, {0, 9, 511});
    image.put_sit(15, {3}, 0);
    image.put_sit(15, {4}, 1);
    image.packs[0].sit_journal = {{2, ImageBuilder::sit_entry({7, 8})}, {99, ImageBuilder::sit_entry({1})}};
    BlockUse use = use_of(image);
    BOOST_TEST(use.findings().empty());
    BOOST_TEST(use.count() == 6u);
    for (const std::uint32_t block : {0u, 9u, 511u, 1024u + 7, 1024u + 8, 15u * 512 + 3})
      BOOST_TEST(use.uses(image.main(block)));
    for (const std::uint32_t block : {1u, 8u, 14u, 512u, 1024u, 15u * 512 + 4, 16u * 512, 99u * 512 + 1}) {
      BOOST_TEST(!use.uses(image.main(block)));
    }
    BOOST_TEST(!use.uses(image.main(0) - 1));
    BOOST_TEST(!use.uses(0));
    BOOST_TEST(!use.uses(0xffffffff));
    image.packs[1].sit_bitmap[0] = std::byte{0x80};
    use = use_of(image, 9);
    BOOST_TEST(use.uses(image.main(15 * 512 + 4)));
    BOOST_TEST(!use.uses(image.main(15 * 512 + 3)));
    BOOST_TEST(!use.uses(image.main(1024 + 7)));
  }
}

BOOST_AUTO_TEST_CASE(counts_that_differ) {
  ImageBuilder image;
  image.put_sit(1, {0, 1});
  RawSitEntry entry = ImageBuilder::sit_entry({0, 1});
  entry.vblocks = 3 | 1u << 10;
  image.packs[0].sit_journal = {{4, entry}};
  const BlockUse use = use_of(image);
  BOOST_TEST(use.count() == 4u);
  BOOST_TEST(use.findings() == (Texts{"segment 4: the SIT counts 3 blocks in use, and its bitmap has 2"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_what_cannot_be_read_nothing_is_known) {
  ImageBuilder image;
  image.put_sit(1, {0, 1});
  image.packs[0].sit_journal = {{2, ImageBuilder::sit_entry({5})}};
  image.disk->spoil(image.byte_of(image.super.sit_blkaddr), 1);
  const BlockUse use = use_of(image);
  for (const std::uint32_t block : {0u, 512u, 513u}) {
    BOOST_TEST(!use.uses(image.main(block)));
    BOOST_TEST(!use.is_free(image.main(block)));
  }
  BOOST_TEST(use.uses(image.main(1024 + 5)));
  BOOST_TEST(use.is_free(image.main(1024 + 6)));
  BOOST_TEST(!use.is_free(image.main(0) - 1));
  BOOST_TEST(use.findings() == (Texts{"SIT block 0: image offset 6291456: it is spoiled"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_count_of_segments_takes_no_memory) {
  ImageBuilder image;
  const auto filesystem = image.filesystem();
  Superblock s = filesystem->superblock();
  s.raw.segment_count_main = 16 * 1024 * 1024 / 2;
  const BlockUse use(*image.disk, s, filesystem->checkpoint, filesystem->journals);
  // 512 blocks of 55 entries are there.
  BOOST_TEST(use.findings() == (Texts{"SIT blocks from 512 on are not there, and the main area needs them"}),
             boost::test_tools::per_element());
  s.sit_blocks = 1u << 20;
  const coldread::test::SparseSource cut(*image.disk, image.byte_of(s.raw.sit_blkaddr + 2));
  const BlockUse shorter(cut, s, filesystem->checkpoint, filesystem->journals);
  BOOST_TEST(shorter.findings() == (Texts{"SIT blocks from 2 on are not there, and the main area needs them"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_checkpoint_counts_too) {
  ImageBuilder image;
  image.put_sit(0, {0, 1, 2});
  image.packs[0].raw.valid_block_count = 3;
  BOOST_TEST((*image.open())->check_metadata().empty());
  image.packs[0].raw.valid_block_count = 2;
  BOOST_TEST((*image.open())->check_metadata() == (Texts{"the checkpoint counts 2 blocks in use, and the SIT 3"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(inodes_by_an_older_checkpoint) {
  ImageBuilder image;
  const InodeImage file;
  image.put_block(image.main(0), image.inode(5, file, {0, 8, 0}));  // as it was, and free since
  image.put_block(image.main(1), image.inode(6, file, {0, 9, 0}));  // written after version 9
  image.put_block(image.main(2), image.inode(7, file, {0, 9, 0}));  // likewise, but in use all along
  image.put_block(image.main(3), image.inode(8, file, {0, (std::uint64_t{0xabcd} << 32) | 8, 0}));
  for (std::uint32_t i = 0; i < 4; ++i) image.put_nat(5 + i, 5 + i, image.main(i));
  image.put_sit(0, {2});
  OpenOptions options;
  options.checkpoint = 9;
  const auto volume = image.open(options);
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST((*volume)->facts().findings ==
                 (Texts{"read by checkpoint 9, which is older than 10: what that one freed may have been overwritten"}),
             boost::test_tools::per_element());
  const auto why = [&](std::uint64_t ino) {
    const auto inode = (*volume)->inode({ino});
    return inode ? "" : inode.error().message();
  };
  BOOST_TEST(why(5).empty());
  BOOST_TEST(why(6) == "inode 6: node 6: its block was written after this checkpoint");
  BOOST_TEST(why(7).empty());
  BOOST_TEST(why(8).empty());
  options.checkpoint = 10;
  BOOST_TEST((*image.open(options))->facts().findings.empty());
  options.checkpoint = 11;
  const auto none = image.open(options);
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().kind == ErrorKind::kNotFound));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
