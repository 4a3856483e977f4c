#include "fs/f2fs/nat.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fs/f2fs/node.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using test::ImageBuilder;

std::string why(const Result<NodeAddress>& result) { return result ? "" : result.error().message(); }
std::string why(const Result<Node>& result) { return result ? "" : result.error().message(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_nat)

BOOST_AUTO_TEST_CASE(segments_of_the_two_copies_alternate) {
  for (const unsigned bits : {12u, 16u}) {
    ImageBuilder image(bits);
    const std::uint32_t nat = image.super.nat_blkaddr;
    image.packs[0].nat_bitmap[0] = std::byte{0x20};   // pair 2
    image.packs[0].nat_bitmap[63] = std::byte{0x01};  // pair 511
    image.packs[0].nat_bitmap[64] = std::byte{0x40};  // pair 513
    const auto filesystem = image.filesystem();
    const auto block = [&](std::uint32_t index) {
      return (nat_block_offset(filesystem->superblock(), filesystem->checkpoint, index) >> bits) - nat;
    };
    BOOST_TEST(block(0) == 0u);
    BOOST_TEST(block(1) == 1u);
    BOOST_TEST(block(2) == 514u);
    BOOST_TEST(block(5) == 5u);  // what bit 2 from the other end would be
    BOOST_TEST(block(511) == 1023u);
    BOOST_TEST(block(512) == 1024u);
    BOOST_TEST(block(513) == 1537u);
    BOOST_TEST(block(1023) == 1535u);
  }
}

BOOST_AUTO_TEST_CASE(an_entry_of_the_copy_in_force) {
  ImageBuilder image;
  const std::uint32_t nid = 2 * 455 + 454;  // the last of pair 2
  image.put_nat(nid, 40, image.main(6), 0);
  image.put_nat(nid, 41, image.main(7), 1);
  const std::uint32_t far = 513 * 455 + 1;
  image.put_nat(far, 42, image.main(8), 0);
  image.put_nat(far, 43, image.main(9), 1);
  BOOST_TEST(find_node(*image.filesystem(), nid)->block == image.main(6));
  BOOST_TEST(find_node(*image.filesystem(), far)->ino == 42u);
  image.packs[0].nat_bitmap[0] = std::byte{0x20};
  image.packs[0].nat_bitmap[64] = std::byte{0x40};
  BOOST_TEST(find_node(*image.filesystem(), nid)->block == image.main(7));
  BOOST_TEST(find_node(*image.filesystem(), nid)->ino == 41u);
  BOOST_TEST(find_node(*image.filesystem(), far)->ino == 43u);
  BOOST_TEST(find_node(*image.filesystem(9), far)->ino == 42u);  // the older checkpoint has a bitmap of its own
}

BOOST_AUTO_TEST_CASE(the_journal_wins) {
  ImageBuilder image;
  image.put_nat(7, 7, image.main(6));
  image.packs[0].nat_journal = {{7, {0, 9, image.main(8)}}, {10, {0, 10, image.main(10)}}};
  const auto filesystem = image.filesystem();
  BOOST_TEST(find_node(*filesystem, 7)->block == image.main(8));
  BOOST_TEST(find_node(*filesystem, 7)->ino == 9u);
  BOOST_TEST(find_node(*filesystem, 10)->block == image.main(10));
  BOOST_TEST(find_node(*filesystem, 11)->block == 0u);
}

BOOST_AUTO_TEST_CASE(numbers_and_addresses_that_cannot_be) {
  ImageBuilder image;
  const std::uint32_t last = 1024 * 455 - 1;
  image.put_nat(last, last, image.main(0));
  image.put_nat(20, 20, image.main(0) - 1);
  image.put_nat(21, 21, image.main(16 * 512));
  image.put_nat(22, 22, image.main(16 * 512 - 1));
  image.put_nat(23, 23, kNewAddr);
  image.put_nat(24, 24, kCompressAddr);
  const auto filesystem = image.filesystem();
  BOOST_TEST(why(find_node(*filesystem, 0)) == "node 0: there is no such node");
  BOOST_TEST(find_node(*filesystem, last)->block == image.main(0));
  BOOST_TEST(why(find_node(*filesystem, last + 1)) == "node 465920: there is no such node");
  BOOST_TEST(why(find_node(*filesystem, 0xffffffff)) == "node 4294967295: there is no such node");
  BOOST_TEST(why(find_node(*filesystem, 20)) == "node 20: its NAT entry names block 5119, where no node can be");
  BOOST_TEST(why(find_node(*filesystem, 21)) == "node 21: its NAT entry names block 13312, where no node can be");
  BOOST_TEST(find_node(*filesystem, 22)->block == image.main(16 * 512 - 1));
  BOOST_TEST(find_node(*filesystem, 23)->block == kNewAddr);
  BOOST_TEST(why(find_node(*filesystem, 24)) == "node 24: its NAT entry names block 4294967294, where no node can be");
}

BOOST_AUTO_TEST_CASE(a_nat_block_that_cannot_be_read) {
  ImageBuilder image;
  const auto filesystem = image.filesystem();
  image.disk->spoil(image.byte_of(image.super.nat_blkaddr), 1);
  const auto lost = find_node(*filesystem, 454);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().kind == ErrorKind::kRead));
  BOOST_TEST(find_node(*filesystem, 455).has_value());
}

BOOST_AUTO_TEST_CASE(nodes_and_their_footers) {
  ImageBuilder image;
  image.add_node(20, 5, 0, image.node(20, 5, 1, {{0, 77}, {1017, 78}}, {kFsyncMark, 9, 1234}));
  image.add_node(21, 5, 1, image.node(22, 5, 2, {}));
  image.add_node(23, 6, 2, image.node(23, 5, 2, {}));
  image.put_nat(25, 25, kNewAddr);
  const auto filesystem = image.filesystem();
  const auto node = read_node(*filesystem, 20);
  BOOST_REQUIRE(node.has_value());
  BOOST_TEST(node->nid() == 20u);
  BOOST_TEST(node->ino() == 5u);
  BOOST_TEST(node->offset() == 1u);
  BOOST_TEST(!node->is_inode());
  BOOST_TEST(node->block == image.main(0));
  BOOST_TEST(node->entry(0) == 77u);
  BOOST_TEST(node->entry(1017) == 78u);
  BOOST_TEST(node->footer.next_blkaddr == 1234u);
  BOOST_TEST(why(read_node(*filesystem, 21)) == "node 21: block 5121, which the NAT names, is node 22 by its footer");
  BOOST_TEST(why(read_node(*filesystem, 23)) == "node 23: it belongs to inode 6 by the NAT and to 5 by its footer");
  const auto free = read_node(*filesystem, 24);
  BOOST_REQUIRE(!free);
  BOOST_TEST((free.error().kind == ErrorKind::kNotFound));
  BOOST_TEST(free.error().message() == "node 24: it is not in use");
  BOOST_TEST(why(read_node(*filesystem, 25)) == "node 25: it was never written");
  image.disk->spoil(image.byte_of(image.main(0)), 1);
  BOOST_TEST((read_node(*filesystem, 20).error().kind == ErrorKind::kRead));
}

BOOST_AUTO_TEST_CASE(nodes_of_a_tree) {
  ImageBuilder image;
  image.add_node(20, 5, 0, image.node(20, 5, 1, {}));
  image.add_inode(6, 1, test::InodeImage());
  const auto filesystem = image.filesystem();
  BOOST_TEST(read_tree_node(*filesystem, 5, 20, 1).has_value());
  BOOST_TEST(read_tree_node(*filesystem, 5, 20, 2).error() == "node 20: it is at node offset 1, not 2");
  BOOST_TEST(read_tree_node(*filesystem, 6, 20, 1).error() == "node 20: it belongs to inode 5");
  BOOST_TEST(read_tree_node(*filesystem, 6, 6, 0).error() == "node 6: it is an inode");
  BOOST_TEST(read_tree_node(*filesystem, 5, 30, 1).error() == "node 30: it is not in use");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
