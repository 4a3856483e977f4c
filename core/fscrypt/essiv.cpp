#include "core/fscrypt/essiv.hpp"

#include <openssl/evp.h>

#include <utility>

#include "core/fscrypt/cipher_pool.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kDigestSize = 32;

class Essiv final : public ModeCipher {
 public:
  Essiv(std::shared_ptr<const CipherPool> cbc, std::shared_ptr<const CipherPool> iv)
      : cbc_(std::move(cbc)), iv_(std::move(iv)) {}

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override {
    return std::make_unique<OneThread>(*cbc_, *iv_);
  }

 private:
  class OneThread final : public Decryptor {
   public:
    OneThread(const CipherPool& cbc, const CipherPool& iv) : cbc_(cbc), iv_(iv) {}
    [[nodiscard]] bool decrypt(const Iv& iv, MutableByteSpan message) override {
      Iv encrypted = iv;
      const MutableByteSpan block = MutableByteSpan(encrypted).first(16);
      return iv_.run({}, block) && cbc_.run(block, message);
    }

   private:
    CipherPool::Loan cbc_;
    CipherPool::Loan iv_;
  };

  std::shared_ptr<const CipherPool> cbc_;
  std::shared_ptr<const CipherPool> iv_;
};

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_essiv(const Secret& key) {
  Secret salt(kDigestSize);
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, key.view().data(), key.size(), as_uchars(salt.writable()), nullptr) !=
      1) {
    return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine has no SHA-256");
  }
  auto cbc = CipherPool::make("AES-128-CBC", key.view(), nullptr);
  if (!cbc) return fail(std::move(cbc.error()));
  auto iv = CipherPool::make("AES-256-ECB", salt.view(), nullptr, CipherPool::Direction::kEncrypt);
  if (!iv) return fail(std::move(iv.error()));
  return std::make_shared<const Essiv>(std::move(*cbc), std::move(*iv));
}

}  // namespace coldread::fscrypt
