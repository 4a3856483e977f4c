#include "core/fscrypt/sm4_xts.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/fscrypt/block.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/sm4_avx2.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = sizeof(Block);

/// Multiplies by x in GF(2^128), as IEEE 1619, 5.2 has it: bytes little-endian, x^128 = x^7 + x^2 + x + 1.
Number times_x(Number tweak) {
  const std::uint64_t carry = 0 - (tweak.high >> 63);
  return {tweak.low << 1 ^ (carry & 0x87), tweak.high << 1 | tweak.low >> 63};
}

class Sm4Xts final : public ModeCipher {
 public:
  Sm4Xts(std::shared_ptr<const CipherPool> data, std::shared_ptr<const CipherPool> tweak)
      : data_(std::move(data)), tweak_(std::move(tweak)) {}

  /// From now on data is decrypted by the processor's code.
  void use_avx2(ByteSpan data_key) { fast_.emplace(data_key); }

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override { return std::make_unique<OneThread>(*this); }

 private:
  class OneThread final : public Decryptor {
   public:
    explicit OneThread(const Sm4Xts& cipher) : cipher_(cipher), data_(*cipher.data_), tweak_(*cipher.tweak_) {}

    [[nodiscard]] bool decrypt(const Iv& iv, MutableByteSpan message) override {
      if (message.empty() || message.size() % kBlock != 0) return false;
      Block first{};
      std::copy_n(iv.begin(), kBlock, first.begin());
      if (!tweak_.run({}, first)) return false;
      tweaks_.resize(message.size() / kBlock);
      Number tweak = number_of(first);
      for (Block& block : tweaks_) {
        block = block_of(tweak);
        tweak = times_x(tweak);
      }
      mask(message);
      if (cipher_.fast_) {
        cipher_.fast_->decrypt(message);
      } else if (!data_.run({}, message)) {
        return false;
      }
      mask(message);
      return true;
    }

   private:
    void mask(MutableByteSpan message) const {
      const ByteSpan tweaks = std::as_bytes(std::span(tweaks_));
      for (std::size_t i = 0; i < message.size(); ++i) message[i] ^= tweaks[i];
    }

    const Sm4Xts& cipher_;
    CipherPool::Loan data_;
    CipherPool::Loan tweak_;
    std::vector<Block> tweaks_;  ///< one for each block of the message
  };

  std::shared_ptr<const CipherPool> data_;
  std::shared_ptr<const CipherPool> tweak_;
  std::optional<Sm4Avx2> fast_;
};

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_sm4_xts(const Secret& key, Code code) {
  const ByteSpan data_key = key.view().first(kBlock);
  auto data = CipherPool::make("SM4-ECB", data_key, nullptr);
  if (!data) return fail(std::move(data.error()));
  auto tweak = CipherPool::make("SM4-ECB", key.view().subspan(kBlock), nullptr, CipherPool::Direction::kEncrypt);
  if (!tweak) return fail(std::move(tweak.error()));
  auto cipher = std::make_shared<Sm4Xts>(std::move(*data), std::move(*tweak));
  if (code == Code::kFastest && has_avx2_aes()) cipher->use_avx2(data_key);
  return cipher;
}

}  // namespace coldread::fscrypt
