#pragma once

#include <array>
#include <memory>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/mode.hpp"

namespace coldread::fscrypt {

/// An IV of the longest kind; a mode takes as many of its first bytes as its own IVs have.
using Iv = std::array<std::byte, 32>;

/// One thread's use of a cipher.
class Decryptor {
 public:
  Decryptor() = default;
  Decryptor(const Decryptor&) = delete;
  Decryptor& operator=(const Decryptor&) = delete;
  virtual ~Decryptor() = default;

  /// Decrypts one message in place: a data unit, or a padded name of at least 16 bytes. False where the message is not
  /// as long as the mode takes, or a library refuses; its bytes are undefined then.
  [[nodiscard]] virtual bool decrypt(const Iv& iv, MutableByteSpan message) = 0;
};

/// An encryption mode with its key. Safe to use from several threads at once, each with its own decryptor.
class ModeCipher {
 public:
  ModeCipher() = default;
  ModeCipher(const ModeCipher&) = delete;
  ModeCipher& operator=(const ModeCipher&) = delete;
  virtual ~ModeCipher() = default;

  /// Valid as long as the cipher is.
  [[nodiscard]] virtual std::unique_ptr<Decryptor> decryptor() const = 0;
};

/// `key` is as long as mode_sizes() says. Errors: kUnsupported (an unknown mode; a cipher that libcrypto lacks, or a
/// key that it refuses).
[[nodiscard]] Result<std::shared_ptr<const ModeCipher>> make_mode_cipher(Mode mode, const Secret& key);

}  // namespace coldread::fscrypt
