#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "core/base/byte_view.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// XChaCha12 (draft-irtf-cfrg-xchacha with 12 rounds for 20). One thread's use.
class XChaCha12 {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kBlock = 64;  ///< of the key stream; whole ones, and eight at a time, are fastest
  using Nonce = std::array<std::byte, 24>;

  /// `key` has kKeySize bytes.
  explicit XChaCha12(ByteSpan key);
  XChaCha12(const XChaCha12&) = delete;
  XChaCha12& operator=(const XChaCha12&) = delete;
  ~XChaCha12();

  /// Adds the key stream, from its start, to `message`. False where Crypto++ refuses.
  [[nodiscard]] bool add_stream(const Nonce& nonce, MutableByteSpan message);

 private:
  class ChaCha12;

  std::unique_ptr<ChaCha12> subkeys_;  ///< has the key
  std::unique_ptr<ChaCha12> stream_;   ///< has the last message's subkey
};

}  // namespace coldread::fscrypt
