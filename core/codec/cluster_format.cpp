#include "core/codec/cluster_format.hpp"

#include <array>
#include <string>
#include <utility>

#include "core/base/crc32.hpp"
#include "core/base/little_endian.hpp"
#include "core/codec/unpack.hpp"

namespace coldread::codec {
namespace {

struct RawCompressData {
  Le32 clen;    ///< bytes of compressed data
  Le32 chksum;  ///< of them, where the inode says that there is one
  std::array<Le32, 4> reserved;
};
static_assert(sizeof(RawCompressData) == 24);

/// F2FS_SUPER_MAGIC, with which the filesystem begins its checksums.
constexpr std::uint32_t kSeed = 0xf2f52010;

class F2fsDecoder final : public read::ClusterDecoder {
 public:
  explicit F2fsDecoder(const read::Compression& compression)
      : name_(read::to_string(compression.algorithm)),
        unpack_(unpack_of(compression.algorithm)),
        checksummed_(compression.checksummed) {}

  [[nodiscard]] read::Decoded decode(ByteSpan stored, MutableByteSpan out) const override {
    const ByteView view(stored);
    const auto header = view.load<RawCompressData>(0);
    const auto data = header ? view.sub(sizeof(RawCompressData), header->clen.get()) : std::nullopt;
    if (!data) {
      const std::string clen = header ? std::to_string(header->clen.get()) : "none";
      return {false, "clen of " + clen + " does not fit in " + std::to_string(stored.size()) + " stored bytes"};
    }
    read::Decoded decoded = unpack_(*data, out);
    if (!decoded.problem.empty()) {
      decoded.problem = name_ + ": " + decoded.problem;
    } else if (checksummed_ && crc32(kSeed, data->span()) != header->chksum.get()) {
      decoded.problem = "the checksum of the compressed data does not match";
    }
    return decoded;
  }

 private:
  std::string name_;
  Unpack unpack_;
  bool checksummed_;
};

}  // namespace

std::unique_ptr<const read::ClusterDecoder> make_cluster_decoder(const read::Compression& compression) {
  return std::make_unique<const F2fsDecoder>(compression);
}

}  // namespace coldread::codec
