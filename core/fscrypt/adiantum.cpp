#include "core/fscrypt/adiantum.hpp"

#include <algorithm>
#include <utility>

#include "core/base/little_endian.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/nh.hpp"
#include "core/fscrypt/poly1305.hpp"
#include "core/fscrypt/xchacha12.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kAesKeySize = 32;
using Block = std::array<std::byte, kBlock>;
using Nonce = std::array<std::byte, 24>;

/// A block as a number, little-endian, modulo 2^128.
struct Number {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

Number number_of(ByteSpan block) {
  const ByteView view(block);
  return {view.load<Le64>(0).value_or(0), view.load<Le64>(8).value_or(0)};
}

Number operator+(Number a, Number b) {
  const std::uint64_t low = a.low + b.low;
  return {low, a.high + b.high + (low < a.low ? 1 : 0)};
}

Number operator-(Number a, Number b) { return {a.low - b.low, a.high - b.high - (a.low < b.low ? 1 : 0)}; }

void store(Number number, MutableByteSpan block) {
  const std::array<Le64, 2> halves{Le64(number.low), Le64(number.high)};
  const ByteSpan bytes = bytes_of(halves);
  std::copy(bytes.begin(), bytes.end(), block.begin());
}

/// XChaCha12's nonce: `start`, 16 bytes, then a one and zeros.
Nonce nonce_from(ByteSpan start) {
  Nonce nonce{};
  std::copy(start.begin(), start.end(), nonce.begin());
  nonce[start.size()] = std::byte{1};
  return nonce;
}

/// The keys: that of the stream cipher, and those that its first bytes are.
struct Keys {
  explicit Keys(const Secret& stream_key, ByteSpan derived)
      : stream(stream_key.view()),
        header(derived.subspan(kAesKeySize, Poly1305::kKeySize)),
        message(derived.subspan(kAesKeySize + Poly1305::kKeySize, Poly1305::kKeySize)),
        nh(derived.subspan(kAesKeySize + 2 * Poly1305::kKeySize)) {}
  Secret stream;
  Secret header;
  Secret message;
  Nh nh;
};

class OneThread final : public Decryptor {
 public:
  OneThread(const Keys& keys, const CipherPool& aes, Result<Poly1305> poly1305)
      : keys_(keys), aes_(aes), poly1305_(std::move(poly1305)) {}

  [[nodiscard]] bool decrypt(const Iv& tweak, MutableByteSpan message) override {
    if (message.size() < kBlock || !poly1305_) return false;
    const MutableByteSpan left = message.first(message.size() - kBlock);
    const MutableByteSpan right = message.last(kBlock);
    Number header;
    Number hash;
    if (!hash_header(tweak, left.size(), header) || !hash_left(left, hash)) return false;
    store(number_of(right) + header + hash, right);
    if (!xchacha12(keys_.stream.view(), nonce_from(right), left) || !aes_.run({}, right) || !hash_left(left, hash)) {
      return false;
    }
    store(number_of(right) - header - hash, right);
    return true;
  }

 private:
  [[nodiscard]] bool hash_header(const Iv& tweak, std::size_t left_size, Number& hash) {
    const std::array<Le64, 2> bits{Le64(std::uint64_t{left_size} * 8), Le64(0)};
    return poly1305_->begin(keys_.header.view()) && poly1305_->add(bytes_of(bits)) && poly1305_->add(tweak) &&
           end(hash);
  }

  [[nodiscard]] bool hash_left(ByteSpan left, Number& hash) {
    if (!poly1305_->begin(keys_.message.view())) return false;
    while (!left.empty()) {
      const ByteSpan piece = left.first(std::min(left.size(), Nh::kMaxMessage));
      if (!poly1305_->add(keys_.nh.hash(piece))) return false;
      left = left.subspan(piece.size());
    }
    return end(hash);
  }

  [[nodiscard]] bool end(Number& hash) {
    Poly1305::Digest digest{};
    if (!poly1305_->end(digest)) return false;
    hash = number_of(digest);
    return true;
  }

  const Keys& keys_;
  CipherPool::Loan aes_;
  Result<Poly1305> poly1305_;
};

class Adiantum final : public ModeCipher {
 public:
  Adiantum(const Secret& key, ByteSpan derived, std::shared_ptr<const CipherPool> aes)
      : keys_(key, derived), aes_(std::move(aes)) {}

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override {
    return std::make_unique<OneThread>(keys_, *aes_, Poly1305::make());
  }

 private:
  Keys keys_;
  std::shared_ptr<const CipherPool> aes_;
};

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_adiantum(const Secret& key) {
  Secret derived(kAesKeySize + 2 * Poly1305::kKeySize + Nh::kKeySize);
  if (!xchacha12(key.view(), nonce_from({}), derived.writable())) {
    return fail(ErrorKind::kUnsupported, "", "Crypto++ refuses a key for XChaCha12");
  }
  if (const auto poly1305 = Poly1305::make(); !poly1305) return fail(poly1305.error());
  auto aes = CipherPool::make("AES-256-ECB", derived.view().first(kAesKeySize), nullptr);
  if (!aes) return fail(std::move(aes.error()));
  return std::make_shared<const Adiantum>(key, derived.view(), std::move(*aes));
}

}  // namespace coldread::fscrypt
