#include "core/fscrypt/polyval.hpp"

#include <algorithm>

#include "core/base/little_endian.hpp"

namespace coldread::fscrypt {

Polyval::Element Polyval::element_of(ByteSpan block) {
  const ByteView view(block);
  return {view.load<Le64>(0).value_or(0), view.load<Le64>(8).value_or(0)};
}

Polyval::Polyval(const Block& key) : key_(element_of(key)) {}

void Polyval::add(ByteSpan blocks) {
  for (std::size_t at = 0; at + sizeof(Block) <= blocks.size(); at += sizeof(Block)) {
    const Element block = element_of(blocks.subspan(at, sizeof(Block)));
    sum_.low ^= block.low;
    sum_.high ^= block.high;
    multiply();
  }
}

/// sum = sum * key * x^-128 in GF(2^128) modulo x^128 + x^127 + x^126 + x^121 + 1: each of the sum's terms is divided
/// by x as often as its power is less than 128.
void Polyval::multiply() {
  constexpr std::uint64_t kInverseOfX = 0xe1ULL << 56;  // x^127 + x^126 + x^125 + x^120
  Element product;
  for (unsigned power = 0; power < 128; ++power) {
    const std::uint64_t bit = ((power < 64 ? sum_.low : sum_.high) >> (power % 64)) & 1;
    product.low ^= key_.low & (0 - bit);
    product.high ^= key_.high & (0 - bit);
    const std::uint64_t carry = product.low & 1;
    product.low = product.low >> 1 | product.high << 63;
    product.high = (product.high >> 1) ^ (kInverseOfX & (0 - carry));
  }
  sum_ = product;
}

Polyval::Block Polyval::value() const {
  const std::array<Le64, 2> halves{Le64(sum_.low), Le64(sum_.high)};
  const ByteSpan bytes = bytes_of(halves);
  Block block{};
  std::copy(bytes.begin(), bytes.end(), block.begin());
  return block;
}

}  // namespace coldread::fscrypt
