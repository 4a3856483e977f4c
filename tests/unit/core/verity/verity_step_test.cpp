#include "core/verity/verity_step.hpp"

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
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

BOOST_AUTO_TEST_CASE(data_under_a_wrong_tree_block_is_still_proven) {
  const VerityFile good = three_levels();
  const auto wrong_block = [&](unsigned level, std::uint64_t index, std::uint64_t begin, std::uint64_t length) {
    VerityFile file = good;
    file.flip(file.tree_block(level, index) + 7);
    const auto step = file.step();
    std::vector<BlockFault> refused;
    check(file.faults(*step, &refused), {});
    const std::string parent = level == 2 ? "the descriptor's root hash" : "its parent";
    const std::string reason = tree_reason(file, level, index, "does not match " + parent);
    check(refused, {fault(begin, length, reason)});
    const auto bad = step->tree_faults();
    BOOST_REQUIRE(bad.size() == 1u);
    BOOST_CHECK((bad[0] == verity::TreeFault{
                               {file.tree_block(level, index), 1024}, level, index, {begin, length}, true, reason}));
  };
  wrong_block(0, 2, 65536, 32768);
  wrong_block(0, 81, 2592 * kKiB, 8 * kKiB);
  wrong_block(1, 1, 1 << 20, 1 << 20);
  wrong_block(1, 2, 2 << 20, 552 * kKiB);
  wrong_block(2, 0, 0, 2600 * kKiB);
}

BOOST_AUTO_TEST_CASE(zeros_past_the_last_hash_are_part_of_a_tree_block) {
  VerityFile file = three_levels();
  file.flip(file.tree_block(2, 0) + 1000);
  const auto step = file.step();
  std::vector<BlockFault> refused;
  check(file.faults(*step, &refused), {});
  check(refused, {fault(0, 2600 * kKiB, tree_reason(file, 2, 0, "does not match the descriptor's root hash"))});
}

BOOST_AUTO_TEST_CASE(every_tree_block_may_be_wrong_at_once) {
  VerityFile file = three_levels();
  std::fill(file.stored.begin() + static_cast<std::ptrdiff_t>(file.tree_offset), file.stored.end(), std::byte{0x77});
  const auto step = file.step();
  std::vector<BlockFault> refused;
  check(file.faults(*step, &refused), {});
  check(refused, {fault(0, 2600 * kKiB, tree_reason(file, 2, 0, "does not match the descriptor's root hash"))});
  BOOST_TEST(step->tree_faults().size() == 86u);

  file.flip(1000 * kKiB);  // now nothing at all is proven
  const auto hopeless = file.step();
  check(file.faults(*hopeless, &refused),
        {fault(0, 2600 * kKiB,
               "neither the descriptor's root hash nor any hash in the Merkle tree's top block matches: "
               "the descriptor, that block or all of the tree is wrong")});
  BOOST_TEST(refused.empty());
  BOOST_TEST(hopeless->tree_faults().empty());
}

BOOST_AUTO_TEST_CASE(wrong_data_under_a_wrong_tree_block_is_told_exactly) {
  // The data's own lowest block is wrong too: its few hashes in doubt are tried.
  VerityFile lowest = three_levels();
  lowest.flip(lowest.tree_block(0, 2) + 7);
  lowest.flip(70 * kKiB);
  std::vector<BlockFault> refused;
  check(lowest.faults(*lowest.step(), &refused), {fault(70 * kKiB, 1024, "does not match the Merkle tree")});
  const std::string reason = tree_reason(lowest, 0, 2, "does not match its parent");
  check(refused, {fault(65536, 6 * kKiB, reason), fault(71 * kKiB, 25 * kKiB, reason)});

  // The blocks between the two are right: the upper one is recomputed from them.
  VerityFile middle = three_levels();
  middle.flip(middle.tree_block(1, 1));
  middle.flip(1 << 20);
  check(middle.faults(*middle.step()), {fault(1 << 20, 1024, "does not match the Merkle tree")});

  // Block 40 of level 0 is wrong as well, below the wrong block 1 of level 1.
  VerityFile both = three_levels();
  both.flip(both.tree_block(1, 1));
  both.flip(both.tree_block(0, 40));
  const auto step = both.step();
  check(both.faults(*step), {});
  BOOST_TEST(step->tree_faults().size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_no_hash_proves_fails_with_its_tree_block) {
  VerityFile file = three_levels();
  for (std::uint64_t hash = 0; hash < 5; ++hash) {  // more doubts than are tried
    file.flip(file.tree_block(0, 2) + hash * 32);
    file.flip((69 + hash) * kKiB);
  }
  const auto step = file.step();
  const std::string reason = tree_reason(file, 0, 2, "does not match its parent");
  std::vector<BlockFault> refused;
  check(file.faults(*step, &refused), {fault(65536, 32768, reason)});
  BOOST_TEST(refused.empty());
  BOOST_REQUIRE(step->tree_faults().size() == 1u);
  BOOST_CHECK((step->tree_faults()[0] ==
               verity::TreeFault{{file.tree_block(0, 2), 1024}, 0, 2, {65536, 32768}, false, reason}));
}

BOOST_AUTO_TEST_CASE(a_fault_is_clipped_to_the_window) {
  VerityFile file = three_levels();
  file.damaged = {{file.tree_block(0, 2), 1}, {70 * kKiB, 1}};
  file.fs_block_size = 1024;
  const auto step = file.step();
  const std::string reason = tree_reason(file, 0, 2, "could not be read: medium error");
  check(file.faults(*step, 65536 - 4096, 8192), {fault(65536, 4096, reason)});
  check(file.faults(*step, 0, 65536), {});
}

BOOST_AUTO_TEST_CASE(a_wrong_root_is_told_from_a_wrong_top_block) {
  const std::string root_reason = "the descriptor's root hash does not match the Merkle tree";
  for (VerityFile file :
       {three_levels(), VerityFile(HashAlgorithm::kSha256, 4096, kSalt, verity::pattern(40 * kKiB))}) {
    file.descriptor.root_hash[31] ^= std::byte{1};
    file.descriptor.root_hash_field[31] ^= std::byte{1};
    const auto step = file.step();
    std::vector<BlockFault> refused;
    const std::uint64_t all = round_up(file.descriptor.data_size, file.descriptor.block_size);
    check(file.faults(*step, &refused), {fault(0, all, root_reason)});
    BOOST_TEST(refused.empty());
    BOOST_TEST(step->tree_faults().empty());
  }
  // With a block that cannot be read it may be the hash of that which is wrong in the tree.
  VerityFile unreadable(HashAlgorithm::kSha256, 4096, kSalt, verity::pattern(40 * kKiB));
  unreadable.descriptor.root_hash[0] ^= std::byte{1};
  unreadable.damaged = {{4096, 4096}};
  const std::string top_reason = tree_reason(unreadable, 0, 0, "does not match the descriptor's root hash");
  check(unreadable.faults(*unreadable.step()),
        {fault(0, 4096, top_reason), {{4096, 4096}, StepKind::kRead, "medium error"}, fault(8192, 32768, top_reason)});
}

BOOST_AUTO_TEST_CASE(a_tree_of_another_file_does_not_make_the_data_wrong) {
  VerityFile file = three_levels();
  const VerityFile other(HashAlgorithm::kSha256, 1024, kSalt, Bytes(2600 * kKiB - 100, std::byte{1}));
  std::copy(other.stored.begin() + static_cast<std::ptrdiff_t>(other.tree_offset), other.stored.end(),
            file.stored.begin() + static_cast<std::ptrdiff_t>(file.tree_offset));
  const auto step = file.step();
  check(file.faults(*step), {});
  BOOST_TEST(step->tree_faults().size() == 86u);
}

BOOST_AUTO_TEST_CASE(a_wrong_field_of_the_descriptor_is_named) {
  for (const std::size_t size : {40 * kKiB, 3 * kKiB}) {
    const VerityFile good(HashAlgorithm::kSha256, 4096, kSalt, verity::pattern(size));
    const std::uint64_t all = round_up(size, 4096);
    const auto refusal = [&](const std::function<void(verity::Descriptor&)>& change) {
      VerityFile file = good;
      change(file.descriptor);
      const auto step = file.step();
      const auto faults = file.faults(*step);
      BOOST_TEST(step->tree_faults().empty());
      BOOST_REQUIRE(faults.size() == 1u);
      BOOST_TEST(faults[0].range.offset == 0u);
      BOOST_TEST(faults[0].range.length >= all);
      return faults[0].reason;
    };
    BOOST_TEST(refusal([](verity::Descriptor& d) { d.salt[5] ^= std::byte{8}; }) ==
               "the descriptor's salt is wrong: with bit 3 of its byte 5 changed, its root hash fits");
    BOOST_TEST(refusal([](verity::Descriptor& d) { d.salt.resize(12); }) ==
               "the descriptor's salt_size of 12 is wrong: with 16 its root hash fits");
    BOOST_TEST(refusal([](verity::Descriptor& d) { d.salt.clear(); }) ==
               "the descriptor's salt_size of 0 is wrong: with 16 its root hash fits");
    BOOST_TEST(refusal([](verity::Descriptor& d) {
                 d.algorithm = HashAlgorithm::kSha512;
                 d.root_hash = d.root_hash_field;
               }) == "the descriptor's hash_algorithm is wrong: with sha256 instead of sha512 its root hash fits");
    BOOST_TEST(refusal([](verity::Descriptor& d) { d.block_size = 2048; }) ==
               "the descriptor's log_blocksize is wrong: with blocks of 4096 bytes instead of 2048 its root hash fits");
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_one_block_has_no_tree) {
  VerityFile file(HashAlgorithm::kSha512, 4096, {}, verity::pattern(3000));
  check(file.faults(*file.step()), {});
  file.flip(3);
  check(file.faults(*file.step()), {fault(0, 4096, "does not match the descriptor's root hash")});
}

BOOST_AUTO_TEST_CASE(no_field_is_blamed_for_what_is_stored_past_eof) {
  VerityFile file(HashAlgorithm::kSha256, 4096, kSalt, verity::pattern(3000));
  file.flip(3500);  // with zeros there a longer salt would fit, whose padding is the same
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

BOOST_AUTO_TEST_CASE(tree_blocks_that_cannot_be_read_are_recomputed) {
  VerityFile file = three_levels();
  file.fs_block_size = 1024;
  file.damaged = {{file.tree_block(0, 5), 1}};
  const auto step = file.step();
  const std::string reason = tree_reason(file, 0, 5, "could not be read: medium error");
  std::vector<BlockFault> refused;
  check(file.faults(*step, &refused), {});
  check(refused, {fault(160 * kKiB, 32768, reason)});
  BOOST_REQUIRE(step->tree_faults().size() == 1u);
  BOOST_TEST(step->tree_faults()[0].reason == reason);
  BOOST_TEST(!step->has_more_tree_faults());

  file.flip(170 * kKiB);  // what the block said of this cannot be known
  check(file.faults(*file.step()), {fault(160 * kKiB, 32768, reason)});

  VerityFile cut = three_levels();
  cut.fs_block_size = 1024;
  const std::uint64_t kept = cut.tree_block(0, 80);
  cut.stored.resize(static_cast<std::size_t>(kept));
  check(cut.faults(*cut.step(), &refused), {});
  check(
      refused,
      {fault(2560 * kKiB, 32768, tree_reason(cut, 0, 80, "could not be read: it lies past the end of what is mapped")),
       fault(2592 * kKiB, 8192, tree_reason(cut, 0, 81, "could not be read: it lies past the end of what is mapped"))});
}

BOOST_AUTO_TEST_CASE(blocks_that_failed_before_are_left_alone) {
  VerityFile file = three_levels();
  file.damaged = {{8192, 1}};
  check(file.faults(*file.step()), {{{8192, 4096}, StepKind::kRead, "medium error"}});
  // Under a wrong tree block what cannot be read has the hash that the block says, where that proves the rest.
  VerityFile proven = file;
  proven.flip(proven.tree_block(0, 0));
  std::vector<BlockFault> refused;
  check(proven.faults(*proven.step(), &refused), {{{8192, 4096}, StepKind::kRead, "medium error"}});
  const std::string reason = tree_reason(file, 0, 0, "does not match its parent");
  check(refused, {fault(0, 8192, reason), fault(12288, 32768 - 12288, reason)});
  // The first fault of a block is its reason.
  file.flip(file.tree_block(0, 0) + 256);  // the hash of that block
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
  for (const auto& faults : expected) BOOST_TEST(faults.size() <= 1u);

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

BOOST_AUTO_TEST_CASE(a_kernel_wants_zeros_past_the_last_hashed_block) {
  VerityFile file(HashAlgorithm::kSha256, 1024, kSalt, verity::pattern(9 * kKiB));
  std::vector<BlockFault> refused;
  check(file.faults(*file.step(), &refused), {});
  BOOST_TEST(refused.empty());
  file.flip(9 * kKiB + 5);
  check(file.faults(*file.step(), &refused), {});
  check(refused, {fault(8 * kKiB, 1024, "what is stored past the last block that is hashed is not zeros")});
  check(file.faults(*file.step(), 0, 4096, &refused), {});
  BOOST_TEST(refused.empty());
}

BOOST_AUTO_TEST_CASE(a_hole_of_any_size_takes_no_time) {
  verity::Descriptor descriptor;
  descriptor.block_size = 65536;
  descriptor.data_size = std::uint64_t{1} << 62;
  descriptor.root_hash = Bytes(32, std::byte{1});
  descriptor.root_hash_field = Bytes(64, std::byte{1});
  descriptor.salt_field = Bytes(32);
  const auto map = read::FileMap::make(std::vector<read::Extent>(), descriptor.data_size, descriptor.data_size);
  const auto source = std::make_shared<source::MemorySource>(Bytes(1));
  const verity::VerityStep step(descriptor,
                                std::make_unique<read::MapReader>(source, map.value(), descriptor.data_size, 65536),
                                descriptor.data_size);
  Bytes buffer(1 << 20);
  read::Window window;
  window.offset = std::uint64_t{1} << 61;
  window.bytes = buffer;
  step.apply(window);
  check(window.faults, {fault(window.offset, 1 << 20,
                              "Merkle tree block 0 of level 4 (file offset 4611686018427387904) could not be read: it "
                              "lies past the end of what is mapped")});
}

BOOST_AUTO_TEST_CASE(a_map_that_is_lost_from_one_block_on_takes_no_time) {
  class Lost final : public read::MapSource {
   public:
    [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override {
      const std::uint64_t lost = std::max<std::uint64_t>(offset, 1 << 30);
      if (lost >= limit) return {{}, {}, limit};
      return {{}, {{{lost, limit - lost}, "lost"}}, limit};
    }
  };
  verity::Descriptor descriptor;
  descriptor.block_size = 4096;
  descriptor.data_size = std::uint64_t{1} << 44;
  descriptor.root_hash = Bytes(32, std::byte{1});
  descriptor.root_hash_field = Bytes(64, std::byte{1});
  descriptor.salt_field = Bytes(32);
  const std::uint64_t end = descriptor.data_size + (std::uint64_t{1} << 40);
  const auto map = read::FileMap::make(std::make_shared<Lost>(), descriptor.data_size, end);
  const auto source = std::make_shared<source::MemorySource>(Bytes(1));
  const auto file = [&](std::uint64_t size) { return std::make_unique<read::MapReader>(source, map, size, 4096); };
  BOOST_TEST(file(end)->hole_end(0) == std::uint64_t{1} << 30);
  BOOST_TEST(file(end)->hole_end(std::uint64_t{1} << 31) == std::uint64_t{1} << 31);
  const verity::VerityStep step(descriptor, file(end), descriptor.data_size);
  Bytes buffer(1 << 20);
  read::Window window;
  window.bytes = buffer;
  step.apply(window);
  BOOST_REQUIRE(window.faults.size() == 1u);
  BOOST_TEST(window.faults[0].reason ==
             "Merkle tree block 0 of level 4 (file offset 17592186044416) could not be read: lost");
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
    BOOST_TEST(window.faults.empty());
    BOOST_TEST(window.refused.size() == std::size_t{32} << 10);
  }
  const auto bad = step->tree_faults();
  BOOST_REQUIRE(bad.size() == verity::kMaxTreeFaults);
  BOOST_TEST(bad.front().index == 0u);
  BOOST_TEST(bad.back().index == verity::kMaxTreeFaults - 1);
  BOOST_TEST(step->has_more_tree_faults());
}

BOOST_AUTO_TEST_CASE(recomputing_ends_where_it_is_stopped) {
  VerityFile file = three_levels();
  file.flip(file.tree_block(0, 2));
  std::atomic<bool> stop{false};
  const verity::VerityStep step(file.descriptor, file.reader(file.stored.size()), file.tree_offset, &stop);
  check(file.faults(step, 0, 65536), {});
  BOOST_TEST(!step.gave_up());
  stop = true;
  check(file.faults(step, 0, 65536), {});  // nothing there is to be recomputed
  BOOST_TEST(!step.gave_up());
  (void)file.faults(step, 65536, 65536);
  BOOST_TEST(step.gave_up());
}

BOOST_AUTO_TEST_SUITE_END()
