#pragma once

#include <memory>
#include <optional>

#include "core/base/error.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/file_identity.hpp"
#include "core/fscrypt/iv_maker.hpp"
#include "core/fscrypt/master_key.hpp"
#include "core/fscrypt/mode_cipher.hpp"

namespace coldread::fscrypt {

/// The cipher with which one file's contents, one directory's names or one symlink's target are decrypted.
struct FileCipher {
  std::shared_ptr<const ModeCipher> cipher;
  IvMaker ivs;
};

/// Why a hardware-wrapped key opens nothing of that kind under this policy, as far as it was given, or nothing where it
/// does (fs/crypto/keysetup.c: only with IV_INO_LBLK_*). kUnsupported; kLocked where the inline key is missing.
[[nodiscard]] std::optional<Error> hw_wrapped_refusal(const Policy& policy, Use use, const MasterKey& key);

/// Derives the key (fscrypt.rst, "Key derivation function", "Per-file encryption keys", "DIRECT_KEY policies" and on)
/// and sets the cipher up. Errors: kUnsupported (see unsupported(Policy); the inode's number), kLocked (see
/// key_too_short()), those of hw_wrapped_refusal().
[[nodiscard]] Result<FileCipher> make_file_cipher(const Context& context, Use use, const MasterKey& key,
                                                  const FileIdentity& file);

}  // namespace coldread::fscrypt
