#include "fs/f2fs/checkpoint.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using test::ImageBuilder;

CheckpointPacks read(ImageBuilder& image) {
  image.finish();
  const auto found = find_superblock(*image.disk);
  BOOST_REQUIRE(found.has_value());
  return read_checkpoints(*image.disk, found->superblock);
}

/// Why the first pack of an image cannot be used.
std::string refusal(ImageBuilder& image) {
  const CheckpointPacks packs = read(image);
  return packs[0] ? "" : packs[0].error().message();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_checkpoint)

BOOST_AUTO_TEST_CASE(both_packs) {
  for (const unsigned bits : {12u, 14u, 16u}) {
    ImageBuilder image(bits);
    const CheckpointPacks packs = read(image);
    BOOST_REQUIRE((packs[0] && packs[1]));
    BOOST_TEST(packs[0]->version() == 10u);
    BOOST_TEST(packs[0]->pack == 1u);
    BOOST_TEST(packs[0]->first_block == 512u);
    BOOST_TEST(packs[1]->version() == 9u);
    BOOST_TEST(packs[1]->pack == 2u);
    BOOST_TEST(packs[1]->first_block == 1024u);
    BOOST_TEST(packs[0]->crc == image.pack_crc(0));
    BOOST_TEST(packs[0]->has_node_summaries());
  }
}

BOOST_AUTO_TEST_CASE(the_newer_is_chosen_or_the_one_asked_for) {
  ImageBuilder image;
  CheckpointPacks packs = read(image);
  BOOST_TEST(choose_checkpoint(packs, {}).value()->pack == 1u);
  BOOST_TEST(choose_checkpoint(packs, 10).value()->pack == 1u);
  BOOST_TEST(choose_checkpoint(packs, 9).value()->pack == 2u);
  const auto none = choose_checkpoint(packs, 11);
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().kind == ErrorKind::kNotFound));
  BOOST_TEST(none.error().message() == "checkpoint 11: there is no such checkpoint; the filesystem has 10 and 9");
  image.packs[1].raw.checkpoint_ver = ~std::uint64_t{0};
  packs = read(image);
  BOOST_TEST(choose_checkpoint(packs, {}).value()->pack == 2u);
  image.packs[1].raw.checkpoint_ver = 10;  // of two with one version, the first
  packs = read(image);
  BOOST_TEST(choose_checkpoint(packs, {}).value()->pack == 1u);
}

BOOST_AUTO_TEST_CASE(a_torn_pack_leaves_the_older_one) {
  ImageBuilder image;
  image.packs[0].tail_version = 9;
  const CheckpointPacks packs = read(image);
  BOOST_TEST(packs[0].error().message() ==
             "checkpoint pack 1: it was not written to its end: its first block has version 10, its last 9");
  BOOST_TEST(choose_checkpoint(packs, {}).value()->version() == 9u);
  BOOST_TEST(choose_checkpoint(packs, 10).error().message() ==
             "checkpoint 10: there is no such checkpoint; the filesystem has 9");
  const auto volume = image.open();
  BOOST_REQUIRE(volume.has_value());
  BOOST_TEST(
      (*volume)->facts().findings.at(0) ==
      "a checkpoint cannot be used: checkpoint pack 1: it was not written to its end: its first block has version "
      "10, its last 9");
}

BOOST_AUTO_TEST_CASE(neither_can_be_used) {
  ImageBuilder image;
  image.packs[0].present = image.packs[1].present = false;
  const CheckpointPacks packs = read(image);
  const auto none = choose_checkpoint(packs, {});
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(none.error().message() ==
             "checkpoint pack 1: checksum_offset is 0; checkpoint pack 2: checksum_offset is 0");
}

BOOST_AUTO_TEST_CASE(checksums) {
  ImageBuilder image;
  image.finish();
  const auto super = find_superblock(*image.disk).value().superblock;
  const auto refused_with = [&](std::uint64_t offset) {
    image.finish();
    image.put(offset, std::byte{0xAB});
    const auto packs = read_checkpoints(*image.disk, super);
    return packs[0] ? "" : packs[0].error().message();
  };
  const std::uint64_t first = std::uint64_t{512} * 4096;
  const std::uint64_t last = first + std::uint64_t{7} * 4096;
  BOOST_TEST(refused_with(first + 200) == "checkpoint pack 1: its checksum is wrong");
  BOOST_TEST(refused_with(first + 4095) == "checkpoint pack 1: its checksum is wrong");
  BOOST_TEST(refused_with(last + 3000) ==
             "checkpoint pack 1: its last block: checkpoint pack 1: its checksum is wrong");
  image.finish();
  image.disk->spoil(last, 1);
  const auto packs = read_checkpoints(*image.disk, super);
  BOOST_TEST(packs[0].error().message() == "checkpoint pack 1: its last block: checkpoint pack 1: image offset " +
                                               std::to_string(last) + ": it is spoiled");
}

BOOST_AUTO_TEST_CASE(a_checksum_before_the_bitmaps_covers_what_follows) {
  ImageBuilder image;
  image.packs[0].raw.checksum_offset = 192;
  image.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpLargeNatBitmapFlag;
  image.packs[0].nat_bitmap[127] = std::byte{0x01};
  image.packs[0].sit_bitmap[0] = std::byte{0x80};
  const CheckpointPacks packs = read(image);
  BOOST_REQUIRE(packs[0].has_value());
  BOOST_TEST(packs[0]->nat_bitmap.test(1023));
  BOOST_TEST(!packs[0]->nat_bitmap.test(1022));
  BOOST_TEST(packs[0]->sit_bitmap.test(0));
  BOOST_TEST(!packs[0]->sit_bitmap.test(1));
  image.put(std::uint64_t{512} * 4096 + 4095, std::byte{1});
  BOOST_TEST(read_checkpoints(*image.disk, find_superblock(*image.disk)->superblock)[0].error().message() ==
             "checkpoint pack 1: its checksum is wrong");
}

BOOST_AUTO_TEST_CASE(checksum_offsets) {
  for (const std::uint32_t offset : {0u, 191u, 4093u, 4096u, 0xffffffffu}) {
    ImageBuilder image;
    image.packs[0].raw.checksum_offset = offset;
    BOOST_TEST(refusal(image) == "checkpoint pack 1: checksum_offset is " + std::to_string(offset));
  }
  ImageBuilder image;
  image.packs[0].raw.checksum_offset = 4092 - 4;
  BOOST_TEST(refusal(image).empty());
}

BOOST_AUTO_TEST_CASE(where_the_bitmaps_lie) {
  // Bits count from the most significant one on; past the end none is set.
  const auto check = [](ImageBuilder& image) {
    image.packs[0].nat_bitmap[0] = std::byte{0x40};
    image.packs[0].nat_bitmap[64] = std::byte{0x01};
    image.packs[0].sit_bitmap[1] = std::byte{0x10};
    const CheckpointPacks packs = read(image);
    BOOST_REQUIRE(packs[0].has_value());
    std::string set;
    for (std::uint64_t bit = 0; bit < 2000; ++bit)
      set += packs[0]->nat_bitmap.test(bit) ? std::to_string(bit) + " " : "";
    BOOST_TEST(set == "1 519 ");
    set.clear();
    for (std::uint64_t bit = 0; bit < 2000; ++bit)
      set += packs[0]->sit_bitmap.test(bit) ? std::to_string(bit) + " " : "";
    BOOST_TEST(set == "11 ");
    BOOST_TEST(!packs[0]->nat_bitmap.test(~std::uint64_t{0}));
  };
  ImageBuilder plain;
  check(plain);
  ImageBuilder payload;
  payload.super.cp_payload = 2;
  check(payload);
  ImageBuilder large;
  large.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpLargeNatBitmapFlag;
  large.packs[0].raw.checksum_offset = 192;
  check(large);
  ImageBuilder both;
  both.super.cp_payload = 1;
  both.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpLargeNatBitmapFlag;
  both.packs[0].raw.checksum_offset = 192;
  check(both);
}

BOOST_AUTO_TEST_CASE(bitmaps_of_another_size) {
  for (const std::uint32_t size : {0u, 127u, 129u, 0xffffffffu}) {
    ImageBuilder image;
    image.packs[0].raw.nat_ver_bitmap_bytesize = size;
    BOOST_TEST(refusal(image) == "checkpoint pack 1: its bitmaps have " + std::to_string(size) +
                                     " and 64 bytes, which do not fit the NAT and the SIT");
  }
  ImageBuilder image;
  image.packs[0].raw.sit_ver_bitmap_bytesize = 65;
  BOOST_TEST(refusal(image) ==
             "checkpoint pack 1: its bitmaps have 128 and 65 bytes, which do not fit the NAT and the SIT");
}

BOOST_AUTO_TEST_CASE(counts_of_blocks) {
  for (const std::uint32_t blocks : {0u, 2u, 513u, 0xffffffffu}) {
    ImageBuilder image;
    image.packs[0].total_blocks = blocks;
    BOOST_TEST(refusal(image) == "checkpoint pack 1: it claims " + std::to_string(blocks) + " blocks");
  }
  for (const std::uint32_t start : {0u, 8u, 0xffffffffu}) {
    ImageBuilder image;
    image.packs[0].start_sum = start;
    BOOST_TEST(refusal(image) == "checkpoint pack 1: cp_pack_start_sum is " + std::to_string(start));
  }
  ImageBuilder inside;
  inside.super.cp_payload = 2;
  inside.packs[0].start_sum = 2;
  BOOST_TEST(refusal(inside) == "checkpoint pack 1: cp_pack_start_sum is 2");
}

BOOST_AUTO_TEST_CASE(a_payload_that_cannot_be_read) {
  ImageBuilder image;
  image.super.cp_payload = 1;
  image.disk->spoil(std::uint64_t{513} * 4096, 1);
  BOOST_TEST(refusal(image) == "checkpoint pack 1: its payload: image offset 2101248: it is spoiled");
}

BOOST_AUTO_TEST_CASE(flags_by_name) {
  BOOST_TEST(checkpoint_flags(0) == "none");
  BOOST_TEST(checkpoint_flags(kCpUmountFlag | kCpCompactSumFlag | kCpResizefsFlag) == "umount,compact_sum,resizefs");
  BOOST_TEST(checkpoint_flags(0x80000000) == "none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
