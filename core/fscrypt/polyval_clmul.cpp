#include "core/fscrypt/polyval_clmul.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace coldread::fscrypt {

#if defined(__x86_64__)
namespace {

/// A product of 256 bits that is not reduced yet: low + middle * x^64 + high * x^128.
struct Product {
  __m128i low = _mm_setzero_si128();
  __m128i middle = _mm_setzero_si128();
  __m128i high = _mm_setzero_si128();
};

__m128i load(const void* from) {
  __m128i value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

[[gnu::target("pclmul")]] void add_product(Product& sum, __m128i a, __m128i b) {
  sum.low = _mm_xor_si128(sum.low, _mm_clmulepi64_si128(a, b, 0x00));
  sum.high = _mm_xor_si128(sum.high, _mm_clmulepi64_si128(a, b, 0x11));
  sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(a, b, 0x01));
  sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(a, b, 0x10));
}

/// product * x^-128, as in polyval.cpp: twice a multiple of the modulus clears the lowest 64 bits, and they go.
[[gnu::target("pclmul")]] __m128i reduced(const Product& product) {
  const __m128i modulus = _mm_set_epi64x(0, static_cast<std::int64_t>(0xc2ULL << 56));  // x^127 + x^126 + x^121
  __m128i low = _mm_xor_si128(product.low, _mm_slli_si128(product.middle, 8));
  for (int i = 0; i < 2; ++i) {
    const __m128i multiple = _mm_clmulepi64_si128(low, modulus, 0x00);
    low = _mm_xor_si128(_mm_shuffle_epi32(low, _MM_SHUFFLE(1, 0, 3, 2)), multiple);
  }
  return _mm_xor_si128(_mm_xor_si128(product.high, _mm_srli_si128(product.middle, 8)), low);
}

/// (total + first block) * key^count + second block * key^(count - 1) + ... + last block * key.
[[gnu::target("pclmul")]] inline __m128i add_blocks(const PolyvalKey::Powers& powers, __m128i total,
                                                    const std::byte* blocks, std::size_t count) {
  Product product;
  for (std::size_t i = count; i-- > 1;)
    add_product(product, load(blocks + i * sizeof(Block)), load(&powers[count - 1 - i]));
  add_product(product, _mm_xor_si128(total, load(blocks)), load(&powers[count - 1]));
  return reduced(product);
}

}  // namespace

[[gnu::target("pclmul")]] void polyval_clmul(const PolyvalKey::Powers& powers, Number& sum, ByteSpan blocks) {
  __m128i total = load(&sum);
  constexpr std::size_t kMost = PolyvalKey::kPowers;
  for (; blocks.size() >= kMost * sizeof(Block); blocks = blocks.subspan(kMost * sizeof(Block))) {
    total = add_blocks(powers, total, blocks.data(), kMost);
  }
  if (const std::size_t rest = blocks.size() / sizeof(Block); rest != 0) {
    total = add_blocks(powers, total, blocks.data(), rest);
  }
  sum.low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(total));
  sum.high = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(total, total)));
}
#else
void polyval_clmul(const PolyvalKey::Powers& /*powers*/, Number& /*sum*/, ByteSpan /*blocks*/) {}
#endif

}  // namespace coldread::fscrypt
