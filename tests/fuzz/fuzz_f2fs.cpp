#include <memory>

#include "core/source/block_source.hpp"
#include "fs/f2fs/layout.hpp"
#include "fs/f2fs/volume.hpp"
#include "tests/fuzz/look_at_volume.hpp"
#include "tests/support/sparse_source.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

// A whole f2fs: superblock, checkpoints and their journals, NAT, nodes, directories, attributes, roll-forward. Then the
// walk over its names, with a key, and the first and last window of each file.
// Input: choices (8 bits: what is made right where it has a checksum, --no-replay, an older checkpoint), then runs of
// bytes over a filesystem of 51 MiB without files: where one begins, in units of 16 bytes (32 bits), its length less
// one (8 bits), and its bytes. make_corpus.py writes it.

namespace coldread::fuzz {
namespace {

using namespace coldread::f2fs;  // NOLINT(google-build-using-namespace): the filesystem under test

constexpr std::uint64_t kMaxInode = 24;
constexpr std::uint8_t kAsItIs = 1;  ///< checkpoints keep their checksums
constexpr std::uint8_t kNoReplay = 2;
constexpr std::uint8_t kOlder = 4;

/// A filesystem without an inode.
const coldread::test::SparseSource& empty() {
  static const auto kMade = f2fs::test::ImageBuilder().source();
  return *kMade;
}

/// Makes the checksum of a checkpoint block right.
void seal(coldread::test::SparseSource& image, std::uint64_t block) {
  Bytes bytes(4096);
  if (!source::read_exactly(image, block * bytes.size(), bytes)) return;
  const std::uint32_t at = ByteView(bytes).load<RawCheckpoint>(0)->checksum_offset;
  if (at > bytes.size() - sizeof(Le32)) return;
  std::uint32_t sum = f2fs::test::checksum(kSuperMagic, ByteSpan(bytes).first(at));
  sum = f2fs::test::checksum(sum, ByteSpan(bytes).subspan(at + sizeof(Le32)));
  image.put(block * bytes.size() + at, bytes_of(Le32(sum)));
}

void seal_packs(coldread::test::SparseSource& image) {
  using Builder = f2fs::test::ImageBuilder;
  for (const std::uint64_t first : {Builder::kSegment0, Builder::kSegment0 + kBlocksPerSeg}) {
    const auto raw = source::read_struct<RawCheckpoint>(image, first * 4096);
    if (!raw || raw->cp_pack_total_block_count == 0 || raw->cp_pack_total_block_count > kBlocksPerSeg) continue;
    seal(image, first);
    seal(image, first + raw->cp_pack_total_block_count - 1);
  }
}

void run(Input& input) {
  const auto choices = input.number<std::uint8_t>();
  const auto image = std::make_shared<coldread::test::SparseSource>(empty(), empty().size());
  while (!input.empty()) {
    const std::uint64_t at = std::uint64_t{input.number<std::uint32_t>()} * 16;
    const ByteView bytes = input.take(std::size_t{input.number<std::uint8_t>()} + 1);
    if (at < image->size()) image->put(at, bytes.span());
  }
  if ((choices & kAsItIs) == 0) seal_packs(*image);
  OpenOptions options;
  options.replay = (choices & kNoReplay) == 0;
  if ((choices & kOlder) != 0) options.checkpoint = f2fs::test::ImageBuilder::kVersion - 1;
  const auto volume = f2fs::open(image, options);
  if (!volume) {
    require(!volume.error().message().empty(), "a refusal has a sentence");
    return;
  }
  require(has_superblock(*image), "what can be opened is f2fs");
  require((*volume)->source()->size() == image->size(), "the source is the image");
  look_at_volume(**volume, kMaxInode);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
