#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

namespace coldread::fscrypt {

/// Poly1305 without the key that RFC 8439 adds at the end: a polynomial's value, modulo 2^128. One thread's use.
class Poly1305 {
 public:
  using Digest = std::array<std::byte, 16>;
  static constexpr std::size_t kKeySize = 16;

  /// Errors: kUnsupported where libcrypto has no Poly1305.
  [[nodiscard]] static Result<Poly1305> make();

  /// Begins a message; `key` is r, kKeySize bytes, not yet clamped. False where libcrypto refuses, as below.
  [[nodiscard]] bool begin(ByteSpan key);
  [[nodiscard]] bool add(ByteSpan bytes);
  [[nodiscard]] bool end(Digest& digest);

 private:
  struct Free {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  explicit Poly1305(std::unique_ptr<EVP_MAC_CTX, Free> context) : context_(std::move(context)) {}

  std::unique_ptr<EVP_MAC_CTX, Free> context_;
};

}  // namespace coldread::fscrypt
