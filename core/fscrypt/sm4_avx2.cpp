#include "core/fscrypt/sm4_avx2.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/secret.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace coldread::fscrypt {

#if defined(__x86_64__)
namespace {

using Table = std::array<std::uint8_t, 16>;

/// An affine map of bytes as two tables, of the low and of the high halves of bytes.
struct Affine {
  Table low{};
  Table high{};

  constexpr Affine(std::uint8_t constant, const std::array<std::uint8_t, 8>& columns) {
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
      low[nibble] = constant;
      for (unsigned bit = 0; bit < 4; ++bit) {
        if ((nibble >> bit & 1) == 0) continue;
        low[nibble] = static_cast<std::uint8_t>(low[nibble] ^ columns[bit]);
        high[nibble] = static_cast<std::uint8_t>(high[nibble] ^ columns[bit + 4]);
      }
    }
  }
};

// The S-boxes of SM4 and AES both are inversion in a field of 256 elements between affine maps, and their fields are
// isomorphic: SM4's is AES's between these two maps, which were found by comparing all values.
constexpr Affine kBefore(0x3e, {0x8c, 0x30, 0x85, 0x9f, 0xdc, 0x2e, 0xc5, 0x08});
constexpr Affine kAfter(0x6c, {0xb8, 0xca, 0x3e, 0x67, 0xe0, 0x50, 0x9d, 0xc0});

/// Where the bytes are to come from that AES's ShiftRows has moved, with each word rotated left by `bytes`.
constexpr Table unshift_rows(unsigned bytes) {
  Table from{};
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned byte = (i - bytes) % 4;
    from[i] = static_cast<std::uint8_t>((4 * (i / 4 - byte) + byte) % 16);
  }
  return from;
}
constexpr Table kRotated0 = unshift_rows(0);
constexpr Table kRotated8 = unshift_rows(1);
constexpr Table kRotated16 = unshift_rows(2);
constexpr Table kRotated24 = unshift_rows(3);
constexpr Table kSwapWords{3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12};

[[gnu::target("avx2,aes")]] inline __m256i shuffle(__m256i bytes, const Table& from) {
  __m128i table;
  std::memcpy(&table, from.data(), sizeof(table));
  return _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(table));
}

[[gnu::target("avx2,aes")]] inline __m256i map(__m256i bytes, const Affine& affine) {
  __m128i low;
  __m128i high;
  std::memcpy(&low, affine.low.data(), sizeof(low));
  std::memcpy(&high, affine.high.data(), sizeof(high));
  const __m256i nibbles = _mm256_set1_epi8(0x0f);
  return _mm256_xor_si256(
      _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(low), _mm256_and_si256(bytes, nibbles)),
      _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(high), _mm256_and_si256(_mm256_srli_epi32(bytes, 4), nibbles)));
}

/// The S-box of each byte, at the places where ShiftRows puts them.
[[gnu::target("avx2,aes")]] inline __m256i substitute(__m256i bytes) {
  const __m256i before = map(bytes, kBefore);
  const __m128i low = _mm_aesenclast_si128(_mm256_castsi256_si128(before), _mm_setzero_si128());
  const __m128i high = _mm_aesenclast_si128(_mm256_extracti128_si256(before, 1), _mm_setzero_si128());
  return map(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1), kAfter);
}

/// Eight blocks: of each its word 0, and so on.
struct Eight {
  __m256i x0;
  __m256i x1;
  __m256i x2;
  __m256i x3;
};

/// A round: x0 ^= L(S(x1 ^ x2 ^ x3 ^ key)), where L(s) = s ^ s <<< 2 ^ s <<< 10 ^ s <<< 18 ^ s <<< 24.
[[gnu::target("avx2,aes")]] inline void round(__m256i& x0, __m256i x1, __m256i x2, __m256i x3, std::uint32_t key) {
  const __m256i key_8 = _mm256_set1_epi32(static_cast<int>(key));
  const __m256i s = substitute(_mm256_xor_si256(_mm256_xor_si256(x1, x2), _mm256_xor_si256(x3, key_8)));
  const __m256i s0 = shuffle(s, kRotated0);
  const __m256i three = _mm256_xor_si256(s0, _mm256_xor_si256(shuffle(s, kRotated8), shuffle(s, kRotated16)));
  x0 = _mm256_xor_si256(x0, _mm256_xor_si256(s0, shuffle(s, kRotated24)));
  x0 = _mm256_xor_si256(x0, _mm256_xor_si256(_mm256_slli_epi32(three, 2), _mm256_srli_epi32(three, 30)));
}

/// Columns for rows, in both halves.
[[gnu::target("avx2,aes")]] inline Eight transposed(const Eight& m) {
  const __m256i low01 = _mm256_unpacklo_epi32(m.x0, m.x1);
  const __m256i high01 = _mm256_unpackhi_epi32(m.x0, m.x1);
  const __m256i low23 = _mm256_unpacklo_epi32(m.x2, m.x3);
  const __m256i high23 = _mm256_unpackhi_epi32(m.x2, m.x3);
  return {_mm256_unpacklo_epi64(low01, low23), _mm256_unpackhi_epi64(low01, low23),
          _mm256_unpacklo_epi64(high01, high23), _mm256_unpackhi_epi64(high01, high23)};
}

[[gnu::target("avx2,aes")]] inline __m256i load(const std::byte* from) {
  __m256i two;
  std::memcpy(&two, from, sizeof(two));
  return shuffle(two, kSwapWords);
}

[[gnu::target("avx2,aes")]] inline void store(__m256i two, std::byte* to) {
  two = shuffle(two, kSwapWords);
  std::memcpy(to, &two, sizeof(two));
}

[[gnu::target("avx2,aes")]] inline Eight load_eight(const std::byte* from) {
  return transposed({load(from), load(from + 32), load(from + 64), load(from + 96)});
}

/// Stores the words of each block in reverse, as the standard has it after the last round.
[[gnu::target("avx2,aes")]] inline void store_eight(const Eight& words, std::byte* to) {
  const Eight blocks = transposed({words.x3, words.x2, words.x1, words.x0});
  store(blocks.x0, to);
  store(blocks.x1, to + 32);
  store(blocks.x2, to + 64);
  store(blocks.x3, to + 96);
}

[[gnu::target("avx2,aes")]] void run_sixteen(const Sm4Avx2::RoundKeys& keys, std::byte* blocks) {
  Eight a = load_eight(blocks);
  Eight b = load_eight(blocks + Sm4Avx2::kAtOnce / 2);
  for (std::size_t i = 0; i < keys.size(); i += 4) {
    round(a.x0, a.x1, a.x2, a.x3, keys[i]);
    round(b.x0, b.x1, b.x2, b.x3, keys[i]);
    round(a.x1, a.x2, a.x3, a.x0, keys[i + 1]);
    round(b.x1, b.x2, b.x3, b.x0, keys[i + 1]);
    round(a.x2, a.x3, a.x0, a.x1, keys[i + 2]);
    round(b.x2, b.x3, b.x0, b.x1, keys[i + 2]);
    round(a.x3, a.x0, a.x1, a.x2, keys[i + 3]);
    round(b.x3, b.x0, b.x1, b.x2, keys[i + 3]);
  }
  store_eight(a, blocks);
  store_eight(b, blocks + Sm4Avx2::kAtOnce / 2);
}

/// The S-box of each byte of a word.
[[gnu::target("avx2,aes")]] std::uint32_t substitute_word(std::uint32_t word) {
  const __m256i s = shuffle(substitute(_mm256_set1_epi32(static_cast<int>(word))), kRotated0);
  return static_cast<std::uint32_t>(_mm256_extract_epi32(s, 0));
}

std::uint32_t big_endian_word(ByteSpan bytes) {
  std::uint32_t word = 0;
  for (const std::byte byte : bytes.first(4)) word = word << 8 | std::to_integer<std::uint32_t>(byte);
  return word;
}

}  // namespace

Sm4Avx2::Sm4Avx2(ByteSpan key) {
  std::array<std::uint32_t, 4> k{0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc};  // FK
  for (std::size_t i = 0; i < k.size(); ++i) k[i] ^= big_endian_word(key.subspan(4 * i));
  for (std::uint32_t i = 0; i < round_keys_.size(); ++i) {
    std::uint32_t constant = 0;  // CK
    for (std::uint32_t byte = 0; byte < 4; ++byte) constant = constant << 8 | ((4 * i + byte) * 7 & 0xff);
    const std::uint32_t s = substitute_word(k[(i + 1) % 4] ^ k[(i + 2) % 4] ^ k[(i + 3) % 4] ^ constant);
    k[i % 4] ^= s ^ std::rotl(s, 13) ^ std::rotl(s, 23);
    round_keys_[round_keys_.size() - 1 - i] = k[i % 4];
  }
  OPENSSL_cleanse(k.data(), sizeof(k));
}

void Sm4Avx2::decrypt(MutableByteSpan blocks) const {
  for (; blocks.size() >= kAtOnce; blocks = blocks.subspan(kAtOnce)) run_sixteen(round_keys_, blocks.data());
  if (blocks.empty()) return;
  std::array<std::byte, kAtOnce> padded{};
  std::copy(blocks.begin(), blocks.end(), padded.begin());
  run_sixteen(round_keys_, padded.data());
  std::copy_n(padded.begin(), blocks.size(), blocks.begin());
}
#else
Sm4Avx2::Sm4Avx2(ByteSpan /*key*/) {}
void Sm4Avx2::decrypt(MutableByteSpan /*blocks*/) const {}
#endif

Sm4Avx2::~Sm4Avx2() { OPENSSL_cleanse(round_keys_.data(), sizeof(round_keys_)); }

}  // namespace coldread::fscrypt
