#include "core/fscrypt/nh.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "core/fscrypt/block.hpp"
#include "core/fscrypt/nh_avx2.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kWords = Nh::kUnit / 4;

std::array<std::uint32_t, kWords> words_of(ByteSpan unit) {
  const Number number = number_of(unit);
  return {static_cast<std::uint32_t>(number.low), static_cast<std::uint32_t>(number.low >> 32),
          static_cast<std::uint32_t>(number.high), static_cast<std::uint32_t>(number.high >> 32)};
}

}  // namespace

Nh::Nh(ByteSpan key, Code code) : avx2_(code == Code::kFastest && has_avx2()) {
  for (std::size_t i = 0; i < key_.size(); i += kWords) {
    const auto words = words_of(key.subspan(4 * i));
    std::copy(words.begin(), words.end(), key_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Nh::~Nh() { OPENSSL_cleanse(key_.data(), sizeof(key_)); }

/// Adds whole units, the first of which is the message's number `first`.
void Nh::add(ByteSpan units, std::size_t first, Sums& sums) const {
  if (avx2_) {
    nh_avx2(&key_[kWords * first], units, sums);
    return;
  }
  for (std::size_t i = 0; i < units.size() / kUnit; ++i) {
    const auto m = words_of(units.subspan(i * kUnit));
    for (std::size_t pass = 0; pass < kPasses; ++pass) {
      const std::uint32_t* const k = &key_[kWords * (first + i + pass)];  // each pass has the key of one unit later
      // The sums of words are modulo 2^32, those of products modulo 2^64.
      sums[pass] += std::uint64_t{m[0] + k[0]} * std::uint64_t{m[2] + k[2]};
      sums[pass] += std::uint64_t{m[1] + k[1]} * std::uint64_t{m[3] + k[3]};
    }
  }
}

Nh::Hash Nh::hash(ByteSpan message) const {
  Sums sums{};
  message = message.first(std::min(message.size(), kMaxMessage));
  const ByteSpan rest = message.last(message.size() % kUnit);
  const ByteSpan whole = message.first(message.size() - rest.size());
  add(whole, 0, sums);
  if (!rest.empty()) {
    Block padded{};
    std::copy(rest.begin(), rest.end(), padded.begin());
    add(padded, whole.size() / kUnit, sums);
  }
  for (std::uint64_t& sum : sums) sum = little_endian(sum);
  return std::bit_cast<Hash>(sums);
}

}  // namespace coldread::fscrypt
