#include "core/fscrypt/nh_avx2.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace coldread::fscrypt {

#if defined(__x86_64__)
namespace {

/// The products of a unit in two passes: of the words 0 and 2, 1 and 3, each plus its word of the key.
[[gnu::target("avx2")]] inline __m256i products(__m256i unit_twice, const std::uint32_t* keys) {
  __m256i key;
  std::memcpy(&key, keys, sizeof(key));
  const __m256i words = _mm256_add_epi32(unit_twice, key);
  return _mm256_mul_epu32(_mm256_shuffle_epi32(words, _MM_SHUFFLE(1, 1, 0, 0)),
                          _mm256_shuffle_epi32(words, _MM_SHUFFLE(3, 3, 2, 2)));
}

/// Adds the two halves of each pass.
[[gnu::target("avx2")]] inline void add_sums(__m256i halves, std::uint64_t* sums) {
  const __m256i whole = _mm256_add_epi64(halves, _mm256_unpackhi_epi64(halves, halves));
  sums[0] += static_cast<std::uint64_t>(_mm256_extract_epi64(whole, 0));
  sums[1] += static_cast<std::uint64_t>(_mm256_extract_epi64(whole, 2));
}

}  // namespace

[[gnu::target("avx2")]] void nh_avx2(const std::uint32_t* key, ByteSpan units, Nh::Sums& sums) {
  constexpr std::size_t kWords = Nh::kUnit / sizeof(*key);
  __m256i first = _mm256_setzero_si256();   // passes 0 and 1
  __m256i second = _mm256_setzero_si256();  // passes 2 and 3
  for (std::size_t i = 0; i < units.size() / Nh::kUnit; ++i) {
    __m128i unit;
    std::memcpy(&unit, units.data() + i * Nh::kUnit, sizeof(unit));
    const __m256i twice = _mm256_broadcastsi128_si256(unit);
    first = _mm256_add_epi64(first, products(twice, key + kWords * i));
    second = _mm256_add_epi64(second, products(twice, key + kWords * (i + 2)));
  }
  add_sums(first, sums.data());
  add_sums(second, sums.data() + 2);
}
#else
void nh_avx2(const std::uint32_t* /*key*/, ByteSpan /*units*/, Nh::Sums& /*sums*/) {}
#endif

}  // namespace coldread::fscrypt
