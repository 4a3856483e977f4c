#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/read/step_reader.hpp"
#include "core/source/memory_source.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/merkle_tree.hpp"
#include "core/verity/signature.hpp"
#include "core/verity/verity_step.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// A verity file: its descriptor and signature, the shape of its tree, and its first and last window verified. Input:
// choices (8 bits), the descriptor's length (16 bits), the descriptor with its signature, the number of extents (8
// bits), 10 bytes for each of them, and the bytes that they lie in.

namespace coldread::fuzz {
namespace {

using namespace coldread::verity;  // NOLINT(google-build-using-namespace): the parsers under test

constexpr std::uint64_t kTreeAlignment = 65536;
constexpr std::uint64_t kDataSizeOffset = 8;
constexpr std::uint64_t kMaxData = 1 << 20;

/// Extents in rising order: how far after the one before (in blocks), their length in bytes, and where they lie.
std::vector<read::Extent> extents_of(Input& input, std::uint32_t block_size) {
  std::vector<read::Extent> extents;
  std::uint64_t at = 0;
  for (unsigned left = input.number<std::uint8_t>() % 16; left > 0; --left) {
    at += std::uint64_t{input.number<std::uint16_t>()} * block_size;
    const std::uint64_t length = input.number<std::uint32_t>() % kMaxData + 1;
    const auto place = input.number<std::uint32_t>();
    const auto kind = place >> 31 ? read::ExtentKind::kUnwritten : read::ExtentKind::kStored;
    extents.push_back({at, round_up(length, block_size), kind, place & 0x7fffffff});
    at = extents.back().file_end();
  }
  return extents;
}

void check_shape(const Descriptor& descriptor) {
  const auto tree = MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size);
  require(tree.has_value(), "a descriptor that is taken has a tree");
  require(tree->levels() <= kMaxLevels, "a tree has no more levels than the kernel reads");
  if (tree->levels() == 0) return;
  require(tree->blocks(tree->levels() - 1) == 1 && tree->offset(tree->levels() - 1, 0) == 0, "one block is the top");
  require(tree->offset(0, tree->blocks(0)) == tree->size(), "level 0 comes last");
  require(tree->blocks(0) * tree->hashes_per_block() >= tree->data_blocks(), "level 0 covers the data");
}

void check_window(const read::Window& window) {
  for (const read::BlockFault& fault : window.faults) {
    require(fault.range.length != 0 && fault.range.offset >= window.offset, "a fault lies in its window");
    require(!fault.reason.empty(), "a fault has a reason");
  }
  for (const read::BlockFault& refused : window.refused) {
    require(!window.failed(refused.range.offset, refused.range.length), "what is refused has not failed");
  }
}

void verify(const Descriptor& descriptor, Input& input, std::uint32_t block_size) {
  const auto tree_offset = checked_round_up(descriptor.data_size, kTreeAlignment);
  if (!tree_offset) return;
  auto extents = extents_of(input, block_size);
  const std::uint64_t mapped_end = extents.empty() ? 0 : extents.back().file_end();
  const auto source = std::make_shared<source::MemorySource>(input.rest().copy());
  const auto map = read::FileMap::make(std::move(extents), descriptor.data_size, mapped_end);
  if (!map) return;
  const auto reader = [&](std::uint64_t end) {
    return std::make_unique<read::MapReader>(source, *map, end, block_size);
  };
  auto step = std::make_unique<VerityStep>(descriptor, reader(map->mapped_end()), *tree_offset);
  const VerityStep& verity = *step;
  std::vector<std::unique_ptr<const read::Step>> steps;
  steps.push_back(std::move(step));
  const read::PageReader pages(read::with_steps(reader(map->size()), std::move(steps)), read::kMinPageSize);
  if (pages.size() == 0) return;
  Bytes buffer(pages.window_size());
  read::Window window;
  pages.read(0, buffer, window);
  check_window(window);
  pages.read(round_down(pages.size() - 1, pages.window_size()), buffer, window);
  check_window(window);
  for (const TreeFault& fault : verity.tree_faults()) {
    require(fault.range.offset >= *tree_offset && fault.range.length == descriptor.block_size,
            "a bad tree block lies in the tree");
    require(fault.covers.length != 0 && fault.covers.offset < descriptor.data_size, "it covers data");
  }
}

const TrustStore& trust() {
  static const TrustStore kTrust =
      TrustStore::load({COLDREAD_SOURCE_DIR "/samples/verity-4k/certs/signer.pem"}).value();
  return kTrust;
}

void run(Input& input) {
  const auto choices = input.number<std::uint8_t>();
  const std::uint32_t block_size = 1024u << (choices % 8 % 7);
  const ByteView stored = input.take(input.number<std::uint16_t>());
  const auto claimed = stored.load<Le64>(kDataSizeOffset);
  const std::uint64_t size = (choices & 0x80) != 0 || !claimed ? 5000 : claimed->get();

  const auto digest = file_digest(stored);
  const auto descriptor = parse_descriptor(stored, size, block_size);
  if (!descriptor) {
    require(!descriptor.error().message().empty(), "an error has a message");
    return;
  }
  require(digest && digest->size() == digest_size(descriptor->algorithm), "a descriptor that is taken has a digest");
  require(descriptor->block_size <= block_size && is_power_of_two(descriptor->block_size), "the block size is one");
  require(descriptor->salt.size() <= 32 && descriptor->root_hash.size() == digest->size(), "salt and root hash fit");
  check_shape(*descriptor);
  const SignatureResult signature = check_signature(*descriptor, *digest, trust());
  require((signature.status == SignatureStatus::kAbsent) == descriptor->signature.empty(), "a signature is checked");
  verify(*descriptor, input, block_size);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
