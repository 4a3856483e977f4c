#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// Weighs what a key decrypts, where nothing else says whether it is the right one. Each thing decrypted adds a lower
/// bound of how much likelier it is under the right key than under a wrong one, in bits (a log-likelihood ratio): a
/// wrong key gives random bytes. The odds that a wrong key is ever taken for proven are below 2^-64, however much is
/// looked at.
class KeyScore {
 public:
  enum class Kind : std::uint8_t { kName, kTarget };

  /// A decrypted name of a directory or target of a symlink, whole, with its padding: zeros (fscrypt.rst, "Filenames
  /// encryption").
  void add(Kind kind, ByteSpan padded);
  /// What a file's last block holds past EOF once it is decrypted: zeros, but for what was written through a mapping of
  /// it before it was encrypted.
  void add_tail(ByteSpan past_eof);

  /// Once true it stays so: what then looks wrong is damaged.
  [[nodiscard]] bool proven() const { return proven_; }
  /// What was decrypted speaks against the key: it is not proven and more likely a wrong one, or something has a form
  /// that nothing under the right key has.
  [[nodiscard]] bool refuted() const { return !proven_ && (bits_ < 0 || malformed_ != 0); }
  /// Nothing more need be looked at.
  [[nodiscard]] bool decided() const { return proven_ || bits_ < -kLost; }

  [[nodiscard]] std::uint64_t looked_at() const { return looked_at_; }
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  static constexpr std::int64_t kProven = 64;
  static constexpr std::int64_t kLost = 1024;

  void weigh(std::int64_t bits);

  std::int64_t bits_ = 0;
  std::uint64_t looked_at_ = 0;
  std::uint64_t malformed_ = 0;
  bool proven_ = false;
};

/// True where a decrypted name, whole with its padding, is one: not empty, not "." or "..", without a "/" (a target may
/// have them), and nothing but zeros from its first NUL on.
[[nodiscard]] bool is_well_formed(KeyScore::Kind kind, ByteSpan padded);

}  // namespace coldread::fscrypt
