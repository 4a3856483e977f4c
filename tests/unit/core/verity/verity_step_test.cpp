#include "core/verity/verity_step.hpp"

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/unit/core/verity/verity_file.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using read::BlockFault;
using read::StepKind;
using verity::HashAlgorithm;
using verity::VerityFile;

BOOST_AUTO_TEST_SUITE(verity_step)

namespace {

constexpr std::size_t kKiB = 1024;

const Bytes kSalt(16, std::byte{0x5a});

/// 1 KiB blocks of 32 hashes: 2600 data blocks, level 0 of 82 blocks, level 1 of 3, level 2 of 1.
VerityFile three_levels() { return {HashAlgorithm::kSha256, 1024, kSalt, verity::pattern(2600 * kKiB - 100)}; }

BlockFault fault(std::uint64_t offset, std::uint64_t length, std::string reason) {
  return {{offset, length}, StepKind::kVerity, std::move(reason)};
}

std::string tree_reason(const VerityFile& file, unsigned level, std::uint64_t index, const std::string& end) {
  return "Merkle tree block " + std::to_string(index) + " of level " + std::to_string(level) + " (file offset " +
         std::to_string(file.tree_block(level, index)) + ") " + end;
}

void check(const std::vector<BlockFault>& found, const std::vector<BlockFault>& expected) {
  BOOST_REQUIRE_EQUAL(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    BOOST_TEST(found[i].range.offset == expected[i].range.offset);
    BOOST_TEST(found[i].range.length == expected[i].range.length);
    BOOST_TEST(found[i].reason == expected[i].reason);
    BOOST_CHECK(found[i].step == expected[i].step);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(whole_files_of_every_shape_verify) {
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    for (const std::uint32_t block : {1024u, 2048u, 4096u, 16384u, 65536u}) {
      const std::size_t arity = block / verity::digest_size(algorithm);
      for (const Bytes& salt : {Bytes(), kSalt, Bytes(32, std::byte{1})}) {
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, std::size_t{block}, block + std::size_t{1}, arity * block,
              arity * block + 1, std::min<std::size_t>(arity * arity * block, 1 << 20) + 5}) {
          if (size > (4 << 20)) continue;
          const VerityFile file(algorithm, block, salt, verity::pattern(size));
          const auto step = file.step();
          BOOST_TEST(step->unit() == block);
          check(file.faults(*step), {});
          BOOST_TEST(step->tree_faults().empty());
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_data_block_fails_alone) {
  VerityFile file = three_levels();
  file.flip(5000);
  file.flip(2599 * kKiB);
  const auto step = file.step();
  check(file.faults(*step), {fault(4096, 1024, "does not match the Merkle tree"),
                             fault(2599 * kKiB, 1024, "does not match the Merkle tree")});
  BOOST_TEST(step->tree_faults().empty());
}

BOOST_AUTO_TEST_CASE(bytes_past_eof_in_the_last_block_are_hashed_as_they_are_stored) {
  VerityFile file = three_levels();
  file.flip(file.descriptor.data_size + 1);
  check(file.faults(*file.step()), {fault(2599 * kKiB, 1024, "does not match the Merkle tree")});
}

BOOST_AUTO_TEST_CASE(a_lowest_tree_block_fails_the_data_that_it_covers) {
  VerityFile file = three_levels();
  file.flip(file.tree_block(0, 2) + 7);
  file.flip(file.tree_block(0, 81) + 7);
  const auto step = file.step();
  const std::string first = tree_reason(file, 0, 2, "does not match its parent");
  const std::string last = tree_reason(file, 0, 81, "does not match its parent");
  check(file.faults(*step), {fault(65536, 32768, first), fault(2592 * kKiB, 8 * kKiB, last)});
  const auto bad = step->tree_faults();
  BOOST_REQUIRE(bad.size() == 2u);
  BOOST_CHECK((bad[0] == verity::TreeFault{{file.tree_block(0, 2), 1024}, 0, 2, first}));
  BOOST_CHECK((bad[1] == verity::TreeFault{{file.tree_block(0, 81), 1024}, 0, 81, last}));
}

BOOST_AUTO_TEST_CASE(a_middle_tree_block_fails_all_below_it) {
  VerityFile file = three_levels();
  file.flip(file.tree_block(1, 1));
  file.flip(file.tree_block(0, 40));  // below it: never looked at
  const auto step = file.step();
  const std::string reason = tree_reason(file, 1, 1, "does not match its parent");
  check(file.faults(*step), {fault(1 << 20, 1 << 20, reason)});
  BOOST_REQUIRE(step->tree_faults().size() == 1u);
  BOOST_TEST(step->tree_faults()[0].level == 1u);
}

BOOST_AUTO_TEST_CASE(a_fault_is_clipped_to_the_window) {
  VerityFile file = three_levels();
  file.flip(file.tree_block(1, 1));
  const auto step = file.step();
  const std::string reason = tree_reason(file, 1, 1, "does not match its parent");
  check(file.faults(*step, (1 << 20) - 65536, 131072), {fault(1 << 20, 65536, reason)});
  check(file.faults(*step, 0, 65536), {});
}

BOOST_AUTO_TEST_CASE(the_top_tree_block_and_the_root_are_told_apart) {
  const VerityFile good = three_levels();
  const std::uint64_t all = 2600 * kKiB;

  VerityFile top = good;
  top.flip(top.tree_block(2, 0) + 40);
  const auto top_step = top.step();
  const std::string top_reason = tree_reason(top, 2, 0, "does not match the descriptor's root hash");
  check(top.faults(*top_step), {fault(0, all, top_reason)});
  BOOST_REQUIRE(top_step->tree_faults().size() == 1u);
  BOOST_TEST(top_step->tree_faults()[0].reason == top_reason);

  VerityFile root = good;
  root.descriptor.root_hash[31] ^= std::byte{1};
  const auto root_step = root.step();
  check(root.faults(*root_step), {fault(0, all, "the descriptor's root hash does not match the Merkle tree")});
  BOOST_TEST(root_step->tree_faults().empty());

  // Past the last hash the block is zeros: where it is not, the block is what is wrong, though every hash fits.
  VerityFile padding = good;
  padding.flip(padding.tree_block(2, 0) + 1000);
  check(padding.faults(*padding.step()),
        {fault(0, all, tree_reason(padding, 2, 0, "does not match the descriptor's root hash"))});
}

BOOST_AUTO_TEST_CASE(with_one_level_the_data_tells_the_root_from_the_tree) {
  const VerityFile good(HashAlgorithm::kSha256, 4096, kSalt, verity::pattern(40 * kKiB));

  VerityFile root = good;
  root.descriptor.root_hash[0] ^= std::byte{1};
  check(root.faults(*root.step()), {fault(0, 40960, "the descriptor's root hash does not match the Merkle tree")});

  VerityFile tree = good;
  tree.flip(tree.tree_block(0, 0) + 3);
  check(tree.faults(*tree.step()),
        {fault(0, 40960, tree_reason(tree, 0, 0, "does not match the descriptor's root hash"))});

  VerityFile without = root;
  without.give_data = false;
  check(without.faults(*without.step()),
        {fault(0, 40960, tree_reason(without, 0, 0, "does not match the descriptor's root hash"))});

  // A block that cannot be read says nothing against the tree.
  VerityFile unreadable = root;
  unreadable.damaged = {{4096, 4096}};
  check(unreadable.faults(*unreadable.step()),
        {fault(0, 4096, "the descriptor's root hash does not match the Merkle tree"),
         {{4096, 4096}, StepKind::kRead, "medium error"},
         fault(8192, 32768, "the descriptor's root hash does not match the Merkle tree")});
}

BOOST_AUTO_TEST_CASE(a_file_of_one_block_has_no_tree) {
  VerityFile file(HashAlgorithm::kSha512, 4096, {}, verity::pattern(3000));
  check(file.faults(*file.step()), {});
  file.flip(3);
  check(file.faults(*file.step()), {fault(0, 4096, "does not match the descriptor's root hash")});
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_nothing_to_verify) {
  const VerityFile file(HashAlgorithm::kSha256, 4096, kSalt, {});
  check(file.faults(*file.step(), 0, 65536), {});
}

BOOST_AUTO_TEST_CASE(holes_are_verified_as_zeros) {
  Bytes data = verity::pattern(600 * kKiB);
  std::fill_n(data.begin() + 8192, 292 * kKiB, std::byte{0});
  VerityFile file(HashAlgorithm::kSha256, 4096, kSalt, data);
  check(file.faults(*file.step()), {});
  // A hole where data was.
  std::fill_n(file.stored.begin() + 4096, 4096, std::byte{0});
  check(file.faults(*file.step()), {fault(4096, 4096, "does not match the Merkle tree")});
}

BOOST_AUTO_TEST_CASE(tree_blocks_that_cannot_be_read_say_why) {
  VerityFile file = three_levels();
  file.fs_block_size = 1024;
  file.damaged = {{file.tree_block(0, 5), 1}};
  const auto step = file.step();
  const std::string reason = tree_reason(file, 0, 5, "could not be read: medium error");
  check(file.faults(*step), {fault(160 * kKiB, 32768, reason)});
  BOOST_REQUIRE(step->tree_faults().size() == 1u);
  BOOST_TEST(step->tree_faults()[0].reason == reason);

  VerityFile cut = three_levels();
  cut.fs_block_size = 1024;
  const std::uint64_t kept = cut.tree_block(0, 80);
  cut.stored.resize(static_cast<std::size_t>(kept));
  check(
      cut.faults(*cut.step()),
      {fault(2560 * kKiB, 32768, tree_reason(cut, 0, 80, "could not be read: it lies past the end of what is mapped")),
       fault(2592 * kKiB, 8192, tree_reason(cut, 0, 81, "could not be read: it lies past the end of what is mapped"))});
}

BOOST_AUTO_TEST_CASE(blocks_that_failed_before_are_left_alone) {
  VerityFile file = three_levels();
  file.damaged = {{8192, 1}};
  check(file.faults(*file.step()), {{{8192, 4096}, StepKind::kRead, "medium error"}});
  // Also under a tree block that is bad: the first fault of a block is its reason.
  file.flip(file.tree_block(0, 0));
  const std::string reason = tree_reason(file, 0, 0, "does not match its parent");
  check(file.faults(*file.step()),
        {fault(0, 8192, reason), {{8192, 4096}, StepKind::kRead, "medium error"}, fault(12288, 32768 - 12288, reason)});
}

BOOST_AUTO_TEST_CASE(a_merkle_block_that_failed_in_part_fails_as_a_whole) {
  VerityFile file(HashAlgorithm::kSha256, 4096, kSalt, verity::pattern(400 * kKiB));
  file.fs_block_size = 1024;
  file.damaged = {{4096 + 1024, 1}, {12 * kKiB, 4096}};
  const std::string reason = "cannot be verified: a part of its Merkle block failed an earlier step";
  check(file.faults(*file.step()), {fault(4096, 1024, reason),
                                    {{5120, 1024}, StepKind::kRead, "medium error"},
                                    fault(6144, 2048, reason),
                                    {{12 * kKiB, 4096}, StepKind::kRead, "medium error"}});
}

BOOST_AUTO_TEST_CASE(what_threads_find_does_not_depend_on_their_order) {
  VerityFile file(HashAlgorithm::kSha256, 1024, {}, verity::pattern(6 << 20));
  file.flip(100000);
  file.flip(file.tree_block(0, 7));
  file.flip(file.tree_block(0, 150));
  file.flip(file.tree_block(1, 3));
  constexpr std::uint64_t kWindow = 65536;
  const std::uint64_t windows = (6 << 20) / kWindow;
  const auto alone = file.step();
  std::vector<std::vector<BlockFault>> expected;
  for (std::uint64_t w = 0; w < windows; ++w) expected.push_back(file.faults(*alone, w * kWindow, kWindow));
  BOOST_TEST(alone->tree_faults().size() == 3u);

  for (int round = 0; round < 2; ++round) {
    const auto shared = file.step();
    std::vector<std::vector<BlockFault>> found(windows);
    std::atomic<std::uint64_t> next{0};
    const auto work = [&] {
      for (std::uint64_t w = next++; w < windows; w = next++) {
        const std::uint64_t mixed = w * 37 % windows;
        found[mixed] = file.faults(*shared, mixed * kWindow, kWindow);
      }
    };
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) thread = std::thread(work);
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST((found == expected));
    BOOST_TEST((shared->tree_faults() == alone->tree_faults()));
  }
}

BOOST_AUTO_TEST_CASE(the_root_is_judged_once_for_all_threads) {
  VerityFile file = three_levels();
  file.descriptor.root_hash[5] ^= std::byte{4};
  const auto step = file.step();
  std::vector<std::vector<BlockFault>> found(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < found.size(); ++t) {
    threads.emplace_back([&, t] { found[t] = file.faults(*step, t * 65536, 65536); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < found.size(); ++t) {
    check(found[t], {fault(t * 65536, 65536, "the descriptor's root hash does not match the Merkle tree")});
  }
}

BOOST_AUTO_TEST_CASE(a_tree_that_is_one_hole_is_bounded) {
  VerityFile file(HashAlgorithm::kSha256, 1024, {}, Bytes(160 << 20));
  const verity::MerkleTree shape = file.shape();
  BOOST_REQUIRE(shape.blocks(0) > verity::kMaxTreeFaults);
  // Each lowest block is wrong, and all above them are right: what a hostile image can do at no cost.
  for (std::uint64_t i = 0; i < shape.blocks(0); ++i) file.flip(file.tree_block(0, i));
  const auto step = file.step();
  for (std::uint64_t at = 160 << 20; at > 0; at -= 32 << 20) {
    Bytes buffer(32 << 20);
    read::Window window;
    window.offset = at - buffer.size();
    window.bytes = buffer;
    step->apply(window);
    BOOST_TEST(window.faults.size() == 1024u);
  }
  const auto bad = step->tree_faults();
  BOOST_REQUIRE(bad.size() == verity::kMaxTreeFaults);
  BOOST_TEST(bad.front().index == 0u);
  BOOST_TEST(bad.back().index == verity::kMaxTreeFaults - 1);
}

BOOST_AUTO_TEST_SUITE_END()
