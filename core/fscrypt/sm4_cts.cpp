#include "core/fscrypt/sm4_cts.hpp"

#include <algorithm>
#include <utility>

#include "core/fscrypt/block.hpp"
#include "core/fscrypt/cipher_pool.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = 16;

/// CBC's step: decrypts a block in place; `previous` is the ciphertext before it, and becomes this one's.
bool next_block(const CipherPool::Loan& ecb, Block& previous, MutableByteSpan block) {
  Block ciphertext{};
  std::copy_n(block.begin(), kBlock, ciphertext.begin());
  if (!ecb.run({}, block)) return false;
  xor_into(block, previous);
  previous = ciphertext;
  return true;
}

class Sm4Cts final : public ModeCipher {
 public:
  explicit Sm4Cts(std::shared_ptr<const CipherPool> ecb) : ecb_(std::move(ecb)) {}

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override { return std::make_unique<OneThread>(*ecb_); }

 private:
  class OneThread final : public Decryptor {
   public:
    explicit OneThread(const CipherPool& ecb) : ecb_(ecb) {}

    [[nodiscard]] bool decrypt(const Iv& iv, MutableByteSpan message) override {
      if (message.size() < kBlock) return false;
      Block previous{};
      std::copy_n(iv.begin(), kBlock, previous.begin());
      if (message.size() == kBlock) return next_block(ecb_, previous, message);

      // The last two blocks are stored swapped, and the one that then comes last is cut to what the message has.
      const std::size_t tail = (message.size() - 1) % kBlock + 1;
      const std::size_t plain_cbc = message.size() - kBlock - tail;
      for (std::size_t at = 0; at < plain_cbc; at += kBlock) {
        if (!next_block(ecb_, previous, message.subspan(at, kBlock))) return false;
      }
      const MutableByteSpan full = message.subspan(plain_cbc, kBlock);
      const MutableByteSpan cut = message.subspan(plain_cbc + kBlock, tail);
      if (!ecb_.run({}, full)) return false;
      Block restored{};  // the cut block, whole again
      std::copy_n(full.begin(), kBlock, restored.begin());
      std::copy_n(cut.begin(), tail, restored.begin());
      xor_into(cut, full);
      if (!ecb_.run({}, restored)) return false;
      xor_into(restored, previous);
      std::copy_n(restored.begin(), kBlock, full.begin());
      return true;
    }

   private:
    CipherPool::Loan ecb_;
  };

  std::shared_ptr<const CipherPool> ecb_;
};

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_sm4_cts(const Secret& key) {
  auto ecb = CipherPool::make("SM4-ECB", key.view(), nullptr);
  if (!ecb) return fail(std::move(ecb.error()));
  return std::make_shared<const Sm4Cts>(std::move(*ecb));
}

}  // namespace coldread::fscrypt
