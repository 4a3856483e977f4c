#pragma once

#include <lz4.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <initializer_list>
#include <random>

#include "core/base/byte_view.hpp"
#include "core/base/little_endian.hpp"
#include "core/read/compression.hpp"

/// Compressed data as the libraries make it, and clusters as f2fs stores them.
namespace coldread::packed {

using read::CompressionAlgorithm;

constexpr std::array kAlgorithms{CompressionAlgorithm::kLzo, CompressionAlgorithm::kLz4, CompressionAlgorithm::kZstd,
                                 CompressionAlgorithm::kLzoRle};

inline Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

/// Content that compresses: words of a few kinds, runs of zeros, some noise, near and far repeats.
inline Bytes content(std::size_t size, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  Bytes out;
  while (out.size() < size) {
    const std::size_t length = 1 + random() % 300;
    switch (random() % 6) {
      case 0:
      case 1:
      case 2: out.insert(out.end(), length, std::byte{0}); break;
      case 3:
        for (std::size_t i = 0; i < 2 * length; ++i) out.push_back(static_cast<std::byte>(random()));
        break;
      default:
        if (out.empty()) break;
        const std::size_t distance = 1 + random() % std::min<std::size_t>(out.size(), 60000);
        for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);
    }
  }
  out.resize(size);
  return out;
}

inline Bytes lz4(ByteSpan data) {
  Bytes out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(data.size()))));
  const int length = LZ4_compress_default(as_chars(data).data(), static_cast<char*>(static_cast<void*>(out.data())),
                                          static_cast<int>(data.size()), static_cast<int>(out.size()));
  BOOST_REQUIRE(length > 0);
  out.resize(static_cast<std::size_t>(length));
  return out;
}

inline Bytes zstd(ByteSpan data, int level = 1) {
  Bytes out(ZSTD_compressBound(data.size()));
  const std::size_t length = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), level);
  BOOST_REQUIRE(ZSTD_isError(length) == 0U);
  out.resize(length);
  return out;
}

inline Bytes lzo(ByteSpan data) {
  Bytes out(data.size() + data.size() / 16 + 64 + 3);
  Bytes work(LZO1X_1_MEM_COMPRESS);
  lzo_uint length = out.size();
  BOOST_REQUIRE(lzo1x_1_compress(as_uchars(data), data.size(), as_uchars(MutableByteSpan(out)), &length, work.data()) ==
                LZO_E_OK);
  out.resize(length);
  return out;
}

/// A stream of version 1, by a simple encoder of its own: runs of zeros, and literals between them.
inline Bytes lzo_rle(ByteSpan data) {
  constexpr std::size_t kShortestLiterals = 4, kShortestZeros = 4, kLongestZeros = 2051;
  const auto zeros_at = [&](std::size_t at) {
    std::size_t end = at;
    while (end < data.size() && data[end] == std::byte{0}) ++end;
    return end - at;
  };
  Bytes out = bytes({17, 1});
  const auto add = [&](std::size_t value) { out.push_back(static_cast<std::byte>(value)); };
  for (std::size_t at = 0; at < data.size();) {
    std::size_t run = std::min(zeros_at(at), kLongestZeros);
    // What is left must be nothing, or long enough for literals.
    if (data.size() - at - run != 0 && data.size() - at - run < kShortestLiterals) run -= std::min(run, std::size_t{4});
    if (run >= kShortestZeros && at != 0) {  // a stream begins with literals: its first byte is read otherwise
      add(0x18 | ((run - 4) & 7));
      add(0xfc);
      add(0xff);
      add((run - 4) >> 3);
      at += run;
      continue;
    }
    std::size_t end = at + kShortestLiterals;
    while (end < data.size() && zeros_at(end) < 2 * kShortestZeros) ++end;
    BOOST_REQUIRE(end <= data.size());
    const std::size_t count = end - at;
    if (out.size() == 2 && count <= 238) {
      add(17 + count);
    } else if (count <= 18) {
      add(count - 3);
    } else {
      add(0);
      std::size_t rest = count - 18;
      for (; rest > 255; rest -= 255) add(0);
      add(rest);
    }
    out.insert(out.end(), data.begin() + static_cast<std::ptrdiff_t>(at),
               data.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
  }
  for (const std::size_t value : {17U, 0U, 0U}) add(value);
  return out;
}

inline Bytes pack(CompressionAlgorithm algorithm, ByteSpan data) {
  switch (algorithm) {
    case CompressionAlgorithm::kLzo: return lzo(data);
    case CompressionAlgorithm::kLz4: return lz4(data);
    case CompressionAlgorithm::kZstd: return zstd(data);
    case CompressionAlgorithm::kLzoRle: return lzo_rle(data);
  }
  return {};
}

/// The compressed data as f2fs stores it: header, data, zeros up to the end of a block.
inline Bytes cluster(ByteSpan packed_data, std::size_t block, std::uint32_t checksum = 0) {
  const Le32 clen(static_cast<std::uint32_t>(packed_data.size()));
  const Le32 chksum(checksum);
  Bytes out(24);
  std::memcpy(out.data(), &clen, sizeof(clen));
  std::memcpy(out.data() + 4, &chksum, sizeof(chksum));
  out.insert(out.end(), packed_data.begin(), packed_data.end());
  out.resize((out.size() + block - 1) / block * block);
  return out;
}

/// crc32_le() of the kernel from F2FS_SUPER_MAGIC on, bit by bit.
inline std::uint32_t checksum(ByteSpan data) {
  std::uint32_t crc = 0xf2f52010;
  for (const std::byte byte : data) {
    crc ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  return crc;
}

}  // namespace coldread::packed
