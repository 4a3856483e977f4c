#include "core/fscrypt/mode_cipher.hpp"

#include <utility>

#include "core/fscrypt/adiantum.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/essiv.hpp"
#include "core/fscrypt/hctr2.hpp"
#include "core/fscrypt/sm4_cts.hpp"
#include "core/fscrypt/sm4_xts.hpp"

namespace coldread::fscrypt {
namespace {

/// A mode that libcrypto has as a whole.
class LibraryCipher final : public ModeCipher {
 public:
  explicit LibraryCipher(std::shared_ptr<const CipherPool> pool) : pool_(std::move(pool)) {}

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override { return std::make_unique<OneThread>(*pool_); }

 private:
  class OneThread final : public Decryptor {
   public:
    explicit OneThread(const CipherPool& pool) : cipher_(pool) {}
    [[nodiscard]] bool decrypt(const Iv& iv, MutableByteSpan message) override {
      return cipher_.run(ByteSpan(iv).first(16), message);
    }

   private:
    CipherPool::Loan cipher_;
  };

  std::shared_ptr<const CipherPool> pool_;
};

Result<std::shared_ptr<const ModeCipher>> from_library(const char* name, const Secret& key, const char* cts_mode) {
  auto pool = CipherPool::make(name, key.view(), cts_mode);
  if (!pool) return fail(std::move(pool.error()));
  return std::make_shared<const LibraryCipher>(std::move(*pool));
}

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_mode_cipher(Mode mode, const Secret& key) {
  if (key.size() != mode_sizes(static_cast<std::uint8_t>(mode)).key) {
    return fail(
        ErrorKind::kUnsupported, "",
        "a key of " + std::to_string(key.size()) + " bytes is none for " + mode_name(static_cast<std::uint8_t>(mode)));
  }
  // The kernel's "cts(cbc(aes))" always swaps the last two blocks: CS3 in NIST SP 800-38A's addendum.
  switch (mode) {
    case Mode::kAes256Xts: return from_library("AES-256-XTS", key, nullptr);
    case Mode::kAes256Cts: return from_library("AES-256-CBC-CTS", key, "CS3");
    case Mode::kAes128CbcEssiv: return make_essiv(key);
    case Mode::kAes128Cts: return from_library("AES-128-CBC-CTS", key, "CS3");
    case Mode::kSm4Xts: return make_sm4_xts(key);
    case Mode::kSm4Cts: return make_sm4_cts(key);
    case Mode::kAdiantum: return make_adiantum(key);
    case Mode::kAes256Hctr2: return make_hctr2(key);
  }
  return fail(ErrorKind::kUnsupported, "", mode_name(static_cast<std::uint8_t>(mode)) + " is not supported");
}

}  // namespace coldread::fscrypt
