#include "fs/f2fs/block_owner.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using test::ImageBuilder;
using test::InodeImage;

/// A file whose blocks are the seventh of segments 3 (a log that is being filled), 4 (likewise) and 6.
struct Owned : ImageBuilder {
  explicit Owned(unsigned block_bits = 12) : ImageBuilder(block_bits) {
    InodeImage file;
    file.addrs = {{4, main(kLog)}, {5, main(kOther)}};
    file.nids[0] = 20;
    add_inode(5, 0, file);
    add_node(20, 5, 1, node(20, 5, 1, {{3, main(kFull)}}));
  }
  static constexpr std::uint32_t kLog = 3 * 512 + 6;
  static constexpr std::uint32_t kOther = 4 * 512 + 6;
  static constexpr std::uint32_t kFull = 6 * 512 + 6;
};

constexpr std::uint64_t kEntry = 7;           ///< bytes of a summary entry
constexpr std::uint64_t kStartSum = 512 + 1;  ///< where the summaries of pack 1 begin

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_block_owner)

BOOST_AUTO_TEST_CASE(by_the_ssa) {
  for (const unsigned bits : {12u, 16u}) {
    for (const bool packed : {false, true}) {
      Owned image(bits);
      if (packed) image.super.feature = kFeaturePackedSsa;
      const std::uint32_t size = packed ? 4096 : image.block_size();
      const std::uint64_t ssa = image.byte_of(image.super.ssa_blkaddr);
      image.put(ssa + std::uint64_t{6} * size + 6 * kEntry, RawSummary{20, 0, 3});
      const auto filesystem = image.filesystem();
      BOOST_TEST(owner_of(*filesystem, image.main(Owned::kFull)).value() == 5u);
      BOOST_TEST(!owner_of(*filesystem, image.main(Owned::kFull + 1)));
    }
  }
}

BOOST_AUTO_TEST_CASE(by_the_summary_of_a_log) {
  for (const std::uint32_t flags : {kCpUmountFlag, std::uint32_t{0}}) {
    Owned image;
    image.packs[0].raw.ckpt_flags = flags;
    image.finish();
    // The SSA is older: it is not asked.
    image.put(image.byte_of(image.super.ssa_blkaddr + 3) + 6 * kEntry, RawSummary{20, 0, 3});
    image.put(image.byte_of(kStartSum) + 6 * kEntry, RawSummary{5, 0, 4});
    image.put(image.byte_of(kStartSum + 1) + 6 * kEntry, RawSummary{5, 0, 5});
    const FoundSuperblock found = find_superblock(*image.disk).value();
    const CheckpointPacks packs = read_checkpoints(*image.disk, found.superblock);
    const Filesystem filesystem{image.disk, found, packs[0].value(), {}};
    BOOST_TEST(owner_of(filesystem, image.main(Owned::kLog)).value() == 5u);
    BOOST_TEST(owner_of(filesystem, image.main(Owned::kOther)).value() == 5u);
    BOOST_TEST(!owner_of(filesystem, image.main(Owned::kLog + 1)));
  }
}

BOOST_AUTO_TEST_CASE(by_a_compact_summary) {
  Owned image;
  image.packs[0].raw.ckpt_flags = kCpUmountFlag | kCpCompactSumFlag;
  image.packs[0].raw.cur_data_blkoff[0] = 440;
  image.packs[0].raw.cur_data_blkoff[1] = 7;
  image.finish();
  // Behind two journals of 507 bytes there is room for 439 entries; the next block holds the rest.
  const std::uint64_t block = image.byte_of(kStartSum);
  image.put(block + 1014 + 6 * kEntry, RawSummary{5, 0, 4});
  image.put(block + 4096 + (1 + 6) * kEntry, RawSummary{5, 0, 5});
  const FoundSuperblock found = find_superblock(*image.disk).value();
  Checkpoint checkpoint = read_checkpoints(*image.disk, found.superblock)[0].value();
  Filesystem filesystem{image.disk, found, checkpoint, {}};
  BOOST_TEST(owner_of(filesystem, image.main(Owned::kLog)).value() == 5u);
  BOOST_TEST(owner_of(filesystem, image.main(Owned::kOther)).value() == 5u);
  BOOST_TEST(!owner_of(filesystem, image.main(Owned::kOther + 1)));  // past what the log has filled
  // A log that fills gaps has an entry for each of its blocks.
  filesystem.checkpoint.raw.alloc_type[0] = 1;
  filesystem.checkpoint.raw.cur_data_blkoff[0] = 0;
  image.put(block + 4096 + (512 - 439 + 6) * kEntry, RawSummary{5, 0, 5});
  BOOST_TEST(owner_of(filesystem, image.main(Owned::kOther)).value() == 5u);
}

BOOST_AUTO_TEST_CASE(summaries_that_lie) {
  Owned image;
  const std::uint64_t at = image.byte_of(image.super.ssa_blkaddr + 6) + 6 * kEntry;
  const auto owner = [&](std::uint32_t nid, std::uint16_t index) {
    image.put(at, RawSummary{nid, 0, index});
    return owner_of(*image.filesystem(), image.main(Owned::kFull));
  };
  BOOST_TEST(owner(20, 3).value() == 5u);
  BOOST_TEST(!owner(20, 4));
  BOOST_TEST(!owner(20, 1018));
  BOOST_TEST(!owner(20, 0xffff));
  BOOST_TEST(!owner(5, 3));
  BOOST_TEST(!owner(5, 0xffff));
  BOOST_TEST(!owner(99, 3));
  BOOST_TEST(!owner(0xffffffff, 3));
  BOOST_TEST(!owner_of(*image.filesystem(), 0));
  BOOST_TEST(!owner_of(*image.filesystem(), kNewAddr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
