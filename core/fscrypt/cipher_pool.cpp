#include "core/fscrypt/cipher_pool.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <string>
#include <utility>

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = 16;  // of AES and of SM4

struct FreeAlgorithm {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};

bool set_cts_mode(EVP_CIPHER_CTX* context, const char* cts_mode) {
  if (cts_mode == nullptr) return true;
  std::string mode(cts_mode);  // the parameter wants a pointer that is not const
  const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_CIPHER_PARAM_CTS_MODE, mode.data(), 0),
                              OSSL_PARAM_construct_end()};
  return EVP_CIPHER_CTX_set_params(context, parameters.data()) == 1;
}

}  // namespace

Result<std::shared_ptr<const CipherPool>> CipherPool::make(const char* cipher, ByteSpan key, const char* cts_mode,
                                                           Direction direction) {
  const std::unique_ptr<EVP_CIPHER, FreeAlgorithm> algorithm(EVP_CIPHER_fetch(nullptr, cipher, nullptr));
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!algorithm || !context) {
    return fail(ErrorKind::kUnsupported, "", std::string("libcrypto on this machine has no ") + cipher);
  }
  if (std::cmp_not_equal(EVP_CIPHER_get_key_length(algorithm.get()), key.size()) ||
      EVP_CipherInit_ex(context.get(), algorithm.get(), nullptr, as_uchars(key), nullptr,
                        static_cast<int>(direction)) != 1 ||
      !set_cts_mode(context.get(), cts_mode) || EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
    return fail(ErrorKind::kUnsupported, "", std::string("libcrypto refuses a key for ") + cipher);
  }
  return std::shared_ptr<const CipherPool>(new CipherPool(std::move(context)));
}

CipherContext CipherPool::borrow() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      CipherContext context = std::move(idle_.back());
      idle_.pop_back();
      return context;
    }
  }
  CipherContext context(EVP_CIPHER_CTX_new());
  if (context && EVP_CIPHER_CTX_copy(context.get(), first_.get()) != 1) context.reset();
  return context;
}

void CipherPool::give_back(CipherContext context) const {
  if (!context) return;
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(context));
}

bool CipherPool::Loan::run(ByteSpan iv, MutableByteSpan message) const {
  constexpr int kAsBefore = -1;  // the direction
  if (!context_) return false;
  if (iv.empty()) {  // ECB: it keeps nothing from one whole block to the next, so that there is nothing to begin
    if (message.size() % kBlock != 0) return false;
  } else if (EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, as_uchars(iv), kAsBefore) != 1) {
    return false;
  }
  int written = 0;
  return EVP_CipherUpdate(context_.get(), as_uchars(message), &written, as_uchars(ByteSpan(message)),
                          static_cast<int>(message.size())) == 1 &&
         std::cmp_equal(written, message.size());
}

}  // namespace coldread::fscrypt
