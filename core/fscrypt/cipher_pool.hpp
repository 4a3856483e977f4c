#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

namespace coldread::fscrypt {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

/// A cipher with its key set up once, for any number of threads: each borrows a context of its own, and gives it back.
class CipherPool {
 public:
  enum class Direction : int { kDecrypt = 0, kEncrypt = 1 };

  /// `cipher` is libcrypto's name of it, `key` as long as it wants. `cts_mode` is given to ciphers with ciphertext
  /// stealing ("CS3"), null to others. Modes that are built from a block cipher encrypt with it too. Errors:
  /// kUnsupported where libcrypto has no such cipher or refuses the key.
  [[nodiscard]] static Result<std::shared_ptr<const CipherPool>> make(const char* cipher, ByteSpan key,
                                                                      const char* cts_mode,
                                                                      Direction direction = Direction::kDecrypt);

  CipherPool(const CipherPool&) = delete;
  CipherPool& operator=(const CipherPool&) = delete;
  ~CipherPool() = default;

  /// A context with the key, on loan until it is destroyed.
  class Loan {
   public:
    explicit Loan(const CipherPool& pool) : pool_(pool), context_(pool.borrow()) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.give_back(std::move(context_)); }

    /// Decrypts (or encrypts) one message in place; `iv` is as long as the cipher wants: 16 bytes, none with ECB. False
    /// where libcrypto refuses.
    [[nodiscard]] bool run(ByteSpan iv, MutableByteSpan message) const;

   private:
    const CipherPool& pool_;
    CipherContext context_;
  };

 private:
  explicit CipherPool(CipherContext first) : first_(std::move(first)) {}
  [[nodiscard]] CipherContext borrow() const;
  void give_back(CipherContext context) const;

  CipherContext first_;  ///< never lent: the others are copies of it
  mutable std::mutex mutex_;
  mutable std::vector<CipherContext> idle_;
};

}  // namespace coldread::fscrypt
