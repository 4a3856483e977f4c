#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/codec/cluster_format.hpp"
#include "core/codec/lzo_rle.hpp"
#include "core/codec/unpack.hpp"
#include "core/read/cluster_reader.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/source/memory_source.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// Compressed clusters: a stream unpacked by each algorithm, and a file of a few clusters read through ClusterReader.
// Input: choices (8 bits: algorithm, checksum, whether the header is the input's), the file's size (16 bits), what is
// in each slot of three clusters (8 bits each), and the bytes of the medium.

namespace coldread::fuzz {
namespace {

using read::CompressionAlgorithm;
using read::ExtentKind;

constexpr std::uint32_t kBlock = 4096;
constexpr std::uint32_t kSlots = 4;
constexpr std::uint32_t kCluster = kBlock * kSlots;
constexpr std::size_t kClusters = 3;
constexpr std::size_t kHeader = 24;

void check(const read::Decoded& decoded) {
  require(decoded.whole || !decoded.problem.empty(), "what is not whole has a problem");
}

/// Memory of exactly the sizes that are given, so that a sanitizer sees each byte too many.
void unpack(CompressionAlgorithm algorithm, const ByteView& stream) {
  const Bytes packed = stream.copy();
  Bytes out(kCluster);
  check(codec::unpack_of(algorithm)(packed, out));
  if (algorithm != CompressionAlgorithm::kLzo) return;
  Bytes own(kCluster);
  const read::Decoded decoded = codec::unpack_lzo_rle(packed, own);
  check(decoded);
  if (!decoded.whole) return;
  require(codec::unpack_lzo(packed, out).whole && own == out, "what the lzo decoder takes, the library takes alike");
}

/// What a slot's byte says of it: nothing, compressed, plain, unwritten; and the block of the medium it is in.
std::vector<read::Extent> extents_of(Input& input) {
  std::vector<read::Extent> extents;
  for (std::uint64_t slot = 0; slot < kClusters * kSlots; ++slot) {
    const auto said = input.number<std::uint8_t>();
    constexpr std::array kKinds{ExtentKind::kHole, ExtentKind::kCompressed, ExtentKind::kStored,
                                ExtentKind::kUnwritten};
    const ExtentKind kind = kKinds[said % kKinds.size()];
    if (kind == ExtentKind::kHole) continue;
    extents.push_back({slot * kBlock, kBlock, kind, std::uint64_t{said / 4U} * kBlock});
  }
  return extents;
}

void read_file(const read::Compression& compression, std::uint64_t size, std::vector<read::Extent> extents,
               Bytes medium) {
  const auto map = read::FileMap::make(std::move(extents), size, size);
  require(map.has_value(), "the slots are in order");
  auto plain = std::make_unique<read::MapReader>(std::make_shared<source::MemorySource>(std::move(medium)), *map,
                                                 round_up(size, kCluster), kBlock);
  const read::ClusterReader reader(std::move(plain), compression, codec::make_cluster_decoder(compression), size,
                                   kBlock);
  Bytes buffer(kCluster * kClusters, std::byte{0xee});
  read::Window window;
  window.bytes = buffer;
  reader.fill(window);
  std::uint64_t reached = 0;
  for (const read::Extent& extent : window.extents) {
    require(extent.file_offset == reached && extent.length != 0, "the extents are total");
    reached = extent.file_end();
    if (extent.kind != ExtentKind::kCompressed) continue;
    require(extent.file_offset % kCluster == 0, "a compressed extent is a cluster");
    for (const read::BlockFault& fault : window.faults) {
      if (fault.range.offset >= extent.file_end() || fault.range.offset + fault.range.length <= extent.file_offset) {
        continue;
      }
      require(fault.range.offset <= extent.file_offset && fault.range.offset + fault.range.length >= extent.file_end(),
              "a compressed cluster fails as a whole");
      if (fault.reason.find("checksum of the") != std::string::npos ||
          fault.reason.find("follow") != std::string::npos) {
        continue;
      }
      require(all_zero(window.at(extent.file_offset, extent.length)), "a cluster that failed is zeros");
    }
  }
  require(reached == window.end(), "the extents reach to the end");
  const std::uint64_t end = round_up(size, kBlock);
  require(all_zero(window.at(end, window.end() - end)), "blocks past EOF are zeros");
  for (const read::BlockFault& fault : window.faults) {
    require(!fault.reason.empty() && fault.range.offset + fault.range.length <= end, "a fault is of the file");
  }
}

void run(Input& input) {
  const auto choices = input.number<std::uint8_t>();
  const read::Compression compression{static_cast<CompressionAlgorithm>(choices & 3), kCluster, (choices & 4) != 0};
  const std::uint64_t size = input.number<std::uint16_t>() % (kClusters * kCluster + 1);
  auto extents = extents_of(input);
  const ByteView rest = input.rest();
  unpack(compression.algorithm, rest);
  Bytes medium = rest.copy();
  if ((choices & 8) == 0) {  // a header that fits the stream behind it
    const Le32 clen(
        static_cast<std::uint32_t>(std::min<std::size_t>(medium.size(), std::size_t{3} * kBlock - kHeader)));
    medium.insert(medium.begin(), kHeader, std::byte{0});
    std::memcpy(medium.data(), &clen, sizeof(clen));
  }
  medium.resize(round_up(medium.size(), kBlock));
  read_file(compression, size, std::move(extents), std::move(medium));
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
