#pragma once

#include <string>
#include <utility>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/file_cipher.hpp"
#include "core/fscrypt/master_key.hpp"

namespace coldread::fscrypt {

/// Decrypts the names in one directory, or the target of one symlink (fscrypt.rst, "Filenames encryption"). Safe to use
/// from several threads at once.
class NameCipher {
 public:
  /// `context` is that of the directory whose names, or of the symlink whose target, are decrypted. Errors:
  /// those of make_file_cipher().
  [[nodiscard]] static Result<NameCipher> make(const Context& context, const MasterKey& key, const FileIdentity& file);

  /// A name without its padding: it ends at the first NUL. Errors: kCorrupt (fewer than 16 bytes; a decrypted name that
  /// no directory can hold: empty, ".", "..", or with a "/" in it).
  [[nodiscard]] Result<std::string> decrypt(ByteView ciphertext) const;

  /// A name or target whole, as it was padded before it was encrypted. Errors: kCorrupt (fewer than 16 bytes).
  [[nodiscard]] Result<Bytes> decrypt_whole(ByteView ciphertext) const;

  /// A symlink's target; `ciphertext` is what symlink_ciphertext() gives. Errors: kCorrupt (too short; empty).
  [[nodiscard]] Result<std::string> decrypt_target(ByteView ciphertext) const;

 private:
  explicit NameCipher(FileCipher cipher) : cipher_(std::move(cipher)) {}
  [[nodiscard]] Result<std::string> decrypt_padded(ByteView ciphertext) const;

  FileCipher cipher_;
};

/// The encrypted target within what a symlink stores: its length comes first, 16 bits, little-endian
/// (struct fscrypt_symlink_data). Errors: kCorrupt (a length of zero or past the end of `stored`).
[[nodiscard]] Result<Bytes> symlink_ciphertext(ByteView stored);

}  // namespace coldread::fscrypt
