#include "core/codec/cluster_format.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/codec/packed.hpp"

namespace coldread::codec {
namespace {

using packed::bytes;
using packed::kAlgorithms;
using read::CompressionAlgorithm;
using read::Decoded;

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kCluster = 4 * kBlock;

Decoded decode(const read::Compression& compression, const Bytes& stored, Bytes& out) {
  out.assign(kCluster, std::byte{0xee});
  return make_cluster_decoder(compression)->decode(stored, out);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cluster_format)

BOOST_AUTO_TEST_CASE(a_cluster_decodes_whatever_follows_its_data) {
  const Bytes data = packed::content(kCluster);
  for (const CompressionAlgorithm algorithm : kAlgorithms) {
    Bytes stored = packed::cluster(packed::pack(algorithm, data), kBlock);
    Bytes out;
    Decoded decoded = decode({algorithm, kCluster, false}, stored, out);
    BOOST_TEST((decoded.whole && decoded.problem.empty()));
    BOOST_TEST((out == data));
    stored.back() = std::byte{1};
    stored.resize(stored.size() + kBlock, std::byte{2});
    decoded = decode({algorithm, kCluster, false}, stored, out);
    BOOST_TEST((decoded.whole && decoded.problem.empty()));
    BOOST_TEST((out == data));
  }
}

BOOST_AUTO_TEST_CASE(a_length_that_does_not_fit_is_named) {
  Bytes stored = packed::cluster(packed::lz4(Bytes(kCluster)), kBlock);
  const auto set_clen = [&](std::uint32_t clen) {
    const Le32 field(clen);
    std::memcpy(stored.data(), &field, sizeof(field));
  };
  Bytes out;
  const read::Compression lz4{CompressionAlgorithm::kLz4, kCluster, false};
  set_clen(kBlock - 24 + 1);
  BOOST_TEST(decode(lz4, stored, out).problem == "clen of 4073 does not fit in 4096 stored bytes");
  BOOST_TEST(!decode(lz4, stored, out).whole);
  set_clen(0xffffffff);
  BOOST_TEST(decode(lz4, stored, out).problem == "clen of 4294967295 does not fit in 4096 stored bytes");
  set_clen(kBlock - 24);  // it fits, and the zeros behind the data are no lz4
  BOOST_TEST(decode(lz4, stored, out).problem == "lz4: the compressed data is malformed");
  set_clen(0);
  BOOST_TEST(!decode(lz4, stored, out).whole);
}

BOOST_AUTO_TEST_CASE(the_algorithm_is_named_and_each_refuses_the_others_data) {
  const Bytes data = packed::content(kCluster);
  Bytes out;
  for (const CompressionAlgorithm stored_as : kAlgorithms) {
    for (const CompressionAlgorithm read_as : kAlgorithms) {
      const auto is_lzo = [](CompressionAlgorithm a) {
        return a == CompressionAlgorithm::kLzo || a == CompressionAlgorithm::kLzoRle;
      };
      const Decoded decoded =
          decode({read_as, kCluster, false}, packed::cluster(packed::pack(stored_as, data), kBlock), out);
      const bool same = stored_as == read_as || (is_lzo(stored_as) && is_lzo(read_as));
      BOOST_TEST(decoded.whole == same);
      if (!same) BOOST_TEST(decoded.problem.starts_with(std::string(read::to_string(read_as)) + ": "));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_checksum_is_a_problem_of_whole_content) {
  const Bytes data = packed::content(kCluster);
  const Bytes stream = packed::lz4(data);
  const read::Compression checked{CompressionAlgorithm::kLz4, kCluster, true};
  Bytes out;
  Decoded decoded = decode(checked, packed::cluster(stream, kBlock, packed::checksum(stream)), out);
  BOOST_TEST((decoded.whole && decoded.problem.empty()));
  decoded = decode(checked, packed::cluster(stream, kBlock, packed::checksum(stream) ^ 1), out);
  BOOST_TEST(decoded.whole);
  BOOST_TEST(decoded.problem == "the checksum of the compressed data does not match");
  BOOST_TEST((out == data));
  // Where the inode does not say that there is one, the field is nothing.
  const read::Compression unchecked{CompressionAlgorithm::kLz4, kCluster, false};
  BOOST_TEST(decode(unchecked, packed::cluster(stream, kBlock, 1), out).problem == "");
  // The CRC-32 of "123456789" without inversions, from the seed on, by an independent implementation.
  BOOST_TEST(packed::checksum(as_bytes("")) == 0xf2f52010U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::codec
