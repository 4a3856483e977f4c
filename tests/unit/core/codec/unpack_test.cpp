#include "core/codec/unpack.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "core/codec/lzo_rle.hpp"
#include "tests/unit/core/codec/packed.hpp"

namespace coldread::codec {
namespace {

using packed::bytes;
using packed::content;
using packed::kAlgorithms;
using packed::pack;
using read::CompressionAlgorithm;
using read::Decoded;

struct Unpacked {
  Decoded decoded;
  Bytes bytes;
};

/// Unpacks into memory of exactly `size`, so that a sanitizer sees each byte too many.
Unpacked run(Unpack unpack, const Bytes& stream, std::size_t size) {
  Unpacked result{{}, Bytes(size, std::byte{0xee})};
  result.decoded = unpack(stream, result.bytes);
  BOOST_TEST((result.decoded.whole || !result.decoded.problem.empty()));
  return result;
}

bool good(const Unpacked& result, const Bytes& expected) {
  return result.decoded.whole && result.decoded.problem.empty() && result.bytes == expected;
}

Bytes text(std::string_view chars) { return ByteView(as_bytes(chars)).copy(); }

Bytes joined(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unpack)

BOOST_AUTO_TEST_CASE(what_was_packed_comes_back) {
  for (const CompressionAlgorithm algorithm : kAlgorithms) {
    for (const std::size_t size : {4096UL, 16384UL, 65536UL, 1048576UL}) {
      for (const Bytes& data : {content(size), Bytes(size), Bytes(size, std::byte{7})}) {
        BOOST_TEST(good(run(unpack_of(algorithm), pack(algorithm, data), size), data), read::to_string(algorithm)
                                                                                           << " " << size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stream_of_another_length_than_the_cluster_is_not_whole) {
  for (const CompressionAlgorithm algorithm : kAlgorithms) {
    const Bytes stream = pack(algorithm, content(8192));
    const Decoded shorter = run(unpack_of(algorithm), stream, 8193).decoded;
    BOOST_TEST(!shorter.whole);
    BOOST_TEST(shorter.problem == "the compressed data gives 8192 bytes of a cluster of 8193");
    const Decoded longer = run(unpack_of(algorithm), stream, 8191).decoded;
    BOOST_TEST(!longer.whole);
    // liblz4 does not tell what is wrong.
    BOOST_TEST(longer.problem == (algorithm == CompressionAlgorithm::kLz4
                                      ? "the compressed data is malformed"
                                      : "the compressed data gives more than a cluster of 8191 bytes"));
  }
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_cut_anywhere_is_not_whole) {
  for (const CompressionAlgorithm algorithm : kAlgorithms) {
    const Bytes stream = pack(algorithm, content(4096));
    for (std::size_t length = 0; length < stream.size(); ++length) {
      const Bytes cut(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length));
      BOOST_TEST(!run(unpack_of(algorithm), cut, 4096).decoded.whole, read::to_string(algorithm) << " " << length);
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_after_the_end_are_a_problem) {
  const Bytes data = content(4096);
  for (const CompressionAlgorithm algorithm : kAlgorithms) {
    const Unpacked result = run(unpack_of(algorithm), joined(pack(algorithm, data), bytes({0, 0})), 4096);
    BOOST_TEST(!result.decoded.problem.empty());
    // The kernel does not look behind a frame of zstd.
    const bool taken = algorithm == CompressionAlgorithm::kZstd;
    BOOST_TEST(result.decoded.whole == taken);
    if (taken) {
      BOOST_TEST(result.decoded.problem == "2 bytes follow the end of the compressed data");
      BOOST_TEST((result.bytes == data));
    }
  }
}

BOOST_AUTO_TEST_CASE(garbage_never_reads_or_writes_outside) {
  std::mt19937 random(5);
  for (const CompressionAlgorithm algorithm : kAlgorithms) {
    const Bytes stream = pack(algorithm, content(4096));
    for (int round = 0; round < 3000; ++round) {
      Bytes broken = stream;
      for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
        broken[random() % broken.size()] = static_cast<std::byte>(random());
      }
      run(unpack_of(algorithm), broken, 4096);
      for (std::byte& byte : broken) byte = static_cast<std::byte>(random());
      run(unpack_of(algorithm), broken, 4096);
    }
  }
}

BOOST_AUTO_TEST_CASE(zstd_takes_one_frame_of_its_own_magic) {
  const Bytes data = content(4096);
  const Bytes frame = packed::zstd(data);
  const Bytes skippable = bytes({0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9});
  BOOST_TEST(run(unpack_zstd, joined(skippable, frame), 4096).decoded.problem == "the compressed data is malformed");
  const Bytes first(data.begin(), data.begin() + 2048);
  const Bytes second(data.begin() + 2048, data.end());
  BOOST_TEST(run(unpack_zstd, joined(packed::zstd(first), packed::zstd(second)), 4096).decoded.problem ==
             "the compressed data gives 2048 bytes of a cluster of 4096");
}

BOOST_AUTO_TEST_CASE(zstd_takes_frames_that_do_not_tell_their_length) {
  // As Linux makes them: a stream whose length was not pledged.
  const Bytes data = content(262144);
  Bytes frame(ZSTD_compressBound(data.size()));
  ZSTD_CStream* const stream = ZSTD_createCStream();
  BOOST_REQUIRE(ZSTD_isError(ZSTD_initCStream(stream, 1)) == 0U);
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  ZSTD_outBuffer out{frame.data(), frame.size(), 0};
  BOOST_REQUIRE(ZSTD_isError(ZSTD_compressStream(stream, &out, &in)) == 0U);
  BOOST_REQUIRE(ZSTD_endStream(stream, &out) == 0U);
  ZSTD_freeCStream(stream);
  frame.resize(out.pos);
  BOOST_TEST(ZSTD_getFrameContentSize(frame.data(), frame.size()) == ZSTD_CONTENTSIZE_UNKNOWN);
  BOOST_TEST(good(run(unpack_zstd, frame, data.size()), data));
}

// The streams below are made by hand from Documentation/staging/lzo.rst.

BOOST_AUTO_TEST_CASE(lzo_rle_by_hand) {
  // abcd; 14 zeros and the literal e; 2 bytes from distance 1; the end.
  const Bytes stream = bytes({17, 1, 21, 'a', 'b', 'c', 'd', 0x1a, 0xfd, 0xff, 1, 'e', 0, 0, 17, 0, 0});
  const Bytes expected = joined(joined(text("abcd"), Bytes(14)), text("eee"));
  BOOST_TEST(good(run(unpack_lzo, stream, 21), expected));
  BOOST_TEST(good(run(unpack_lzo_rle, stream, 21), expected));
}

BOOST_AUTO_TEST_CASE(lzo_rle_runs_of_zeros_have_4_to_2051_bytes) {
  const auto unpack_run = [](std::initializer_list<unsigned> code, std::size_t zeros) {
    return run(unpack_lzo, joined(bytes({17, 1, 18, 'a'}), bytes(code)), 1 + zeros);
  };
  BOOST_TEST(good(unpack_run({0x18, 0xfc, 0xff, 0, 17, 0, 0}, 4), joined(text("a"), Bytes(4))));
  BOOST_TEST(good(unpack_run({0x1f, 0xfc, 0xff, 0xff, 17, 0, 0}, 2051), joined(text("a"), Bytes(2051))));
  BOOST_TEST(unpack_run({0x1f, 0xfc, 0xff, 0xff, 17, 0, 0}, 2050).decoded.problem ==
             "the compressed data gives more than a cluster of 2051 bytes");
  BOOST_TEST(unpack_run({0x18, 0xfc, 0xff}, 4).decoded.problem == "the compressed data is cut short");
}

BOOST_AUTO_TEST_CASE(in_version_0_the_same_code_is_a_match_from_distance_49151) {
  // 17 0 names version 0. There are 4 bytes yet, so that the match begins before the output.
  BOOST_TEST(run(unpack_lzo, bytes({17, 0, 21, 'a', 'b', 'c', 'd', 0x1a, 0xfc, 0xff, 17, 0, 0}), 8).decoded.problem ==
             "the compressed data is malformed");
  // 49151 bytes of literals and a match of all that is between: 0x1f gives 9 bytes.
  Bytes data = content(49151);
  data[0] = std::byte{'x'};
  Bytes stream = bytes({17, 0, 0});
  for (std::size_t rest = data.size() - 18;; rest -= 255) {
    stream.push_back(static_cast<std::byte>(rest > 255 ? 0 : rest));
    if (rest <= 255) break;
  }
  stream = joined(joined(stream, data), bytes({0x1f, 0xfc, 0xff, 17, 0, 0}));
  Bytes expected = data;
  expected.insert(expected.end(), data.begin(), data.begin() + 9);
  BOOST_TEST(good(run(unpack_lzo, stream, expected.size()), expected));
  // With another version it is a run of zeros whose fourth byte is the 17 of the end.
  stream[1] = std::byte{1};
  BOOST_TEST(!run(unpack_lzo, stream, expected.size()).decoded.whole);
}

BOOST_AUTO_TEST_CASE(lzo_literals_at_the_start) {
  // 18 to 20: one to three literals, after which a code below 16 copies 2 bytes. 22: five literals, after which it
  // copies 3 from distance 2049 on, which is too far here.
  BOOST_TEST(good(run(unpack_lzo_rle, bytes({19, 'a', 'b', 4, 0, 17, 0, 0}), 4), text("abab")));
  BOOST_TEST(good(run(unpack_lzo_rle, bytes({22, 'a', 'b', 'c', 'd', 'e', 17, 0, 0}), 5), text("abcde")));
  BOOST_TEST(!run(unpack_lzo_rle, bytes({22, 'a', 'b', 'c', 'd', 'e', 4, 0, 17, 0, 0}), 8).decoded.whole);
  // A code below 16 where no literals were copied: 3 + 2 literals.
  BOOST_TEST(good(run(unpack_lzo_rle, bytes({2, 'a', 'b', 'c', 'd', 'e', 17, 0, 0}), 5), text("abcde")));
}

BOOST_AUTO_TEST_CASE(each_match_of_lzo_copies_from_its_distance) {
  const Bytes start = bytes({25, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'});
  const Bytes plain = text("abcdefgh");
  const auto match = [&](std::initializer_list<unsigned> code, std::string_view copied) {
    const Bytes stream = joined(joined(start, bytes(code)), bytes({17, 0, 0}));
    const Bytes expected = joined(plain, text(copied));
    return good(run(unpack_lzo_rle, stream, expected.size()), expected) &&
           good(run(unpack_lzo, stream, expected.size()), expected);
  };
  BOOST_TEST(match({0x5c, 0}, "abc"));               // 01 L=0 D=7: 3 bytes from distance 8
  BOOST_TEST(match({0x7e, 0, 'x', 'y'}, "abcdxy"));  // L=1, two literals
  BOOST_TEST(match({0x80, 0}, "hhhhh"));             // 1 L=0 D=0: 5 bytes from distance 1
  BOOST_TEST(match({0xfd, 0, 'z'}, "abcdefghz"));    // L=3: 8 bytes
  BOOST_TEST(match({0x22, 0x1c, 0}, "abcd"));        // 001 L=2: 4 bytes from distance 8
  BOOST_TEST(match({0x20, 1, 4, 0}, std::string(34, 'g').replace(1, 33, [] {
    std::string s;
    for (int i = 1; i < 34; ++i) s += i % 2 != 0 ? 'h' : 'g';
    return s;
  }())));                                // L=0 and 1 more: 34 bytes from distance 2
  BOOST_TEST(!match({0x60, 1}, "abc"));  // distance 9 begins before the output
  // A code below 16 after 4 or more literals: 3 bytes from distance 2049 on.
  Bytes far = bytes({0});
  for (std::size_t rest = 2049 - 18;; rest -= 255) {
    far.push_back(static_cast<std::byte>(rest > 255 ? 0 : rest));
    if (rest <= 255) break;
  }
  const Bytes data = content(2049, 3);
  const Bytes stream = joined(joined(far, data), bytes({0, 0, 17, 0, 0}));
  BOOST_TEST(good(run(unpack_lzo_rle, stream, 2052), joined(data, Bytes(data.begin(), data.begin() + 3))));
  // And one of 16 KiB and more: 0001 H=0 L=1 is 3 bytes, D=1.
  const Bytes long_data = content(20000, 4);
  Bytes long_stream = bytes({0});
  for (std::size_t rest = long_data.size() - 18;; rest -= 255) {
    long_stream.push_back(static_cast<std::byte>(rest > 255 ? 0 : rest));
    if (rest <= 255) break;
  }
  long_stream = joined(joined(long_stream, long_data), bytes({0x11, 4, 0, 17, 0, 0}));
  const auto from = long_data.end() - 16385;
  BOOST_TEST(good(run(unpack_lzo_rle, long_stream, 20003), joined(long_data, Bytes(from, from + 3))));
}

BOOST_AUTO_TEST_CASE(an_lzo_stream_ends_with_its_end_alone) {
  const auto problem = [](std::initializer_list<unsigned> end) {
    return run(unpack_lzo_rle, joined(bytes({21, 'a', 'b', 'c', 'd'}), bytes(end)), 4).decoded.problem;
  };
  BOOST_TEST(problem({17, 0, 0}) == "");
  BOOST_TEST(problem({18, 0, 0}) == "the compressed data is malformed");
  BOOST_TEST(problem({17, 0, 0, 0}) == "the compressed data is malformed");
  BOOST_TEST(problem({17, 0}) == "the compressed data is cut short");
  BOOST_TEST(problem({}) == "the compressed data is cut short");
}

BOOST_AUTO_TEST_CASE(the_lzo_decoder_agrees_with_the_library_on_version_0) {
  std::mt19937 random(7);
  for (const std::uint32_t seed : {1U, 2U, 3U, 4U}) {
    const Bytes data = content(16384, seed);
    const Bytes stream = packed::lzo(data);
    BOOST_TEST(good(run(unpack_lzo_rle, stream, data.size()), data));
    for (int round = 0; round < 2000; ++round) {
      Bytes broken = stream;
      broken[random() % (broken.size() - 3)] = static_cast<std::byte>(random());  // the end stays
      if (has_lzo_version(broken)) continue;
      const Unpacked own = run(unpack_lzo_rle, broken, data.size());
      const Unpacked library = run(unpack_lzo, broken, data.size());
      BOOST_TEST(own.decoded.whole == library.decoded.whole);
      if (own.decoded.whole) BOOST_TEST((own.bytes == library.bytes));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::codec
