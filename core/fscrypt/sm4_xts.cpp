#include "core/fscrypt/sm4_xts.hpp"

#include <algorithm>
#include <utility>

#include "core/fscrypt/cipher_pool.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = 16;
using Block = std::array<std::byte, kBlock>;

/// Multiplies by x in GF(2^128), as IEEE 1619, 5.2 has it: bytes little-endian, x^128 = x^7 + x^2 + x + 1.
void multiply_by_x(Block& tweak) {
  unsigned carry = 0;
  for (std::byte& byte : tweak) {
    const unsigned shifted = std::to_integer<unsigned>(byte) << 1 | carry;
    byte = static_cast<std::byte>(shifted & 0xff);
    carry = shifted >> 8;
  }
  if (carry != 0) tweak[0] ^= std::byte{0x87};
}

class Sm4Xts final : public ModeCipher {
 public:
  Sm4Xts(std::shared_ptr<const CipherPool> data, std::shared_ptr<const CipherPool> tweak)
      : data_(std::move(data)), tweak_(std::move(tweak)) {}

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override {
    return std::make_unique<OneThread>(*data_, *tweak_);
  }

 private:
  class OneThread final : public Decryptor {
   public:
    OneThread(const CipherPool& data, const CipherPool& tweak) : data_(data), tweak_(tweak) {}

    [[nodiscard]] bool decrypt(const Iv& iv, MutableByteSpan message) override {
      if (message.empty() || message.size() % kBlock != 0) return false;
      Block tweak{};
      std::copy_n(iv.begin(), kBlock, tweak.begin());
      if (!tweak_.run({}, tweak)) return false;
      tweaks_.clear();
      while (tweaks_.size() < message.size()) {
        tweaks_.insert(tweaks_.end(), tweak.begin(), tweak.end());
        multiply_by_x(tweak);
      }
      mask(message);
      if (!data_.run({}, message)) return false;
      mask(message);
      return true;
    }

   private:
    void mask(MutableByteSpan message) const {
      for (std::size_t i = 0; i < message.size(); ++i) message[i] ^= tweaks_[i];
    }

    CipherPool::Loan data_;
    CipherPool::Loan tweak_;
    Bytes tweaks_;  ///< one for each block of the message
  };

  std::shared_ptr<const CipherPool> data_;
  std::shared_ptr<const CipherPool> tweak_;
};

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_sm4_xts(const Secret& key) {
  auto data = CipherPool::make("SM4-ECB", key.view().first(kBlock), nullptr);
  if (!data) return fail(std::move(data.error()));
  auto tweak = CipherPool::make("SM4-ECB", key.view().subspan(kBlock), nullptr, CipherPool::Direction::kEncrypt);
  if (!tweak) return fail(std::move(tweak.error()));
  return std::make_shared<const Sm4Xts>(std::move(*data), std::move(*tweak));
}

}  // namespace coldread::fscrypt
