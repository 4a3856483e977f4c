#include "core/fscrypt/polyval.hpp"

#include <openssl/crypto.h>

#include <array>
#include <cstdint>

#include "core/fscrypt/polyval_clmul.hpp"

namespace coldread::fscrypt {
namespace {

/// The low 64 bits of a * b without carries. Of factors that have each fourth bit alone, at most 15 products meet in a
/// bit of the integers' product (16 in the topmost, which carry out of it), so that what they carry stays in the three
/// bits above, which are masked out.
std::uint64_t multiply_low(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kFourths = 0x1111111111111111;
  std::uint64_t product = 0;
  for (unsigned column = 0; column < 4; ++column) {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < 4; ++i) sum ^= (a & kFourths << i) * (b & kFourths << (column - i) % 4);
    product |= sum & kFourths << column;
  }
  return product;
}

std::uint64_t reversed(std::uint64_t bits) {
  const auto swap = [&bits](unsigned distance, std::uint64_t mask) {
    bits = (bits & mask) << distance | (bits >> distance & mask);
  };
  swap(1, 0x5555555555555555);
  swap(2, 0x3333333333333333);
  swap(4, 0x0f0f0f0f0f0f0f0f);
  return __builtin_bswap64(bits);
}

/// a * b without carries, 127 bits: the high ones are the low ones of the product of the reversed factors.
Number multiply(std::uint64_t a, std::uint64_t b) {
  return {multiply_low(a, b), reversed(multiply_low(reversed(a), reversed(b))) >> 1};
}

/// a * b * x^-128 in GF(2^128) modulo x^128 + x^127 + x^126 + x^121 + 1.
Number multiply(Number a, Number b) {
  const Number low = multiply(a.low, b.low);
  const Number high = multiply(a.high, b.high);
  const Number both = multiply(a.low ^ a.high, b.low ^ b.high);  // Karatsuba
  std::array<std::uint64_t, 4> product{low.low, low.high ^ both.low ^ low.low ^ high.low,
                                       high.low ^ both.high ^ low.high ^ high.high, high.high};
  // Montgomery: a multiple of the modulus, whose lowest term is 1, clears the lowest 64 bits; then they are dropped.
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint64_t lowest = product[i];
    product[i + 1] ^= lowest << 63 ^ lowest << 62 ^ lowest << 57;
    product[i + 2] ^= lowest ^ lowest >> 1 ^ lowest >> 2 ^ lowest >> 7;
  }
  return {product[2], product[3]};
}

}  // namespace

PolyvalKey::PolyvalKey(ByteSpan key) {
  powers_[0] = number_of(key);
  for (std::size_t i = 1; i < kPowers; ++i) powers_[i] = multiply(powers_[i - 1], powers_[0]);
}

PolyvalKey::~PolyvalKey() { OPENSSL_cleanse(powers_.data(), sizeof(powers_)); }

Polyval::Polyval(const PolyvalKey& key, Code code) : key_(&key), clmul_(code == Code::kFastest && has_clmul()) {}

void Polyval::add(ByteSpan blocks) {
  blocks = blocks.first(blocks.size() - blocks.size() % sizeof(Block));
  if (clmul_) {
    polyval_clmul(key_->powers(), sum_, blocks);
    return;
  }
  for (; !blocks.empty(); blocks = blocks.subspan(sizeof(Block))) {
    sum_ = multiply(sum_ ^ number_of(blocks), key_->powers()[0]);
  }
}

}  // namespace coldread::fscrypt
