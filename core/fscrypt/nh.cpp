#include "core/fscrypt/nh.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "core/base/little_endian.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kPasses = 4;
constexpr std::size_t kWords = Nh::kUnit / 4;

struct Unit {
  std::array<Le32, kWords> words;
};

}  // namespace

Nh::Nh(ByteSpan key) {
  const ByteView view(key);
  for (std::size_t i = 0; i < key_.size(); ++i) key_[i] = view.load<Le32>(4 * i).value_or(0);
}

Nh::~Nh() { OPENSSL_cleanse(key_.data(), sizeof(key_)); }

Nh::Hash Nh::hash(ByteSpan message) const {
  std::array<std::uint64_t, kPasses> sums{};
  const auto add = [&](const Unit& unit, std::size_t number) {
    std::array<std::uint32_t, kWords> m{};
    for (std::size_t i = 0; i < kWords; ++i) m[i] = unit.words[i];
    for (std::size_t pass = 0; pass < kPasses; ++pass) {
      const std::uint32_t* const k = &key_[kWords * (number + pass)];  // each pass has the key of one unit later
      // The sums of words are modulo 2^32, those of products modulo 2^64.
      sums[pass] += std::uint64_t{m[0] + k[0]} * std::uint64_t{m[2] + k[2]};
      sums[pass] += std::uint64_t{m[1] + k[1]} * std::uint64_t{m[3] + k[3]};
    }
  };
  const ByteView view(message.first(std::min(message.size(), kMaxMessage)));
  const std::size_t whole = view.size() / kUnit;
  for (std::size_t i = 0; i < whole; ++i) add(*view.load<Unit>(i * kUnit), i);
  if (const ByteSpan rest = view.span().subspan(whole * kUnit); !rest.empty()) {
    std::array<std::byte, kUnit> padded{};
    std::copy(rest.begin(), rest.end(), padded.begin());
    add(*ByteView(ByteSpan(padded)).load<Unit>(0), whole);
  }
  Hash hash{};
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    const Le64 sum(sums[pass]);
    const ByteSpan bytes = bytes_of(sum);
    std::copy(bytes.begin(), bytes.end(), hash.begin() + static_cast<std::ptrdiff_t>(8 * pass));
  }
  return hash;
}

}  // namespace coldread::fscrypt
