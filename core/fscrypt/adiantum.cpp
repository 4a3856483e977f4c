#include "core/fscrypt/adiantum.hpp"

#include <algorithm>
#include <utility>

#include "core/base/little_endian.hpp"
#include "core/fscrypt/block.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/nh.hpp"
#include "core/fscrypt/poly1305.hpp"
#include "core/fscrypt/xchacha12.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = sizeof(Block);
constexpr std::size_t kAesKeySize = 32;
Number operator+(Number a, Number b) {
  const std::uint64_t low = a.low + b.low;
  return {low, a.high + b.high + (low < a.low ? 1 : 0)};
}

Number operator-(Number a, Number b) { return {a.low - b.low, a.high - b.high - (a.low < b.low ? 1 : 0)}; }

void store(Number number, MutableByteSpan out) {
  const Block block = block_of(number);
  std::copy(block.begin(), block.end(), out.begin());
}

/// XChaCha12's nonce: `start`, 16 bytes, then a one and zeros.
XChaCha12::Nonce nonce_from(ByteSpan start) {
  XChaCha12::Nonce nonce{};
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
      : keys_(keys), stream_(keys.stream.view()), aes_(aes), poly1305_(std::move(poly1305)) {}

  [[nodiscard]] bool decrypt(const Iv& tweak, MutableByteSpan message) override {
    if (message.size() < kBlock || !poly1305_) return false;
    const MutableByteSpan left = message.first(message.size() - kBlock);
    const MutableByteSpan right = message.last(kBlock);
    Number header;
    Number hash;
    if (!hash_header(tweak, left.size(), header) || !hash_left(left, hash)) return false;
    Block middle = block_of(number_of(right) + header + hash);
    // The stream goes over the right block too, which then gets its own: a data unit is whole blocks of ChaCha.
    if (!stream_.add_stream(nonce_from(middle), message) || !aes_.run({}, middle) || !hash_left(left, hash))
      return false;
    store(number_of(middle) - header - hash, right);
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
  XChaCha12 stream_;
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
  if (!XChaCha12(key.view()).add_stream(nonce_from({}), derived.writable())) {
    return fail(ErrorKind::kUnsupported, "", "Crypto++ refuses a key for XChaCha12");
  }
  if (const auto poly1305 = Poly1305::make(); !poly1305) return fail(poly1305.error());
  auto aes = CipherPool::make("AES-256-ECB", derived.view().first(kAesKeySize), nullptr);
  if (!aes) return fail(std::move(aes.error()));
  return std::make_shared<const Adiantum>(key, derived.view(), std::move(*aes));
}

}  // namespace coldread::fscrypt
