#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/key_files.hpp"

namespace coldread::fscrypt {

/// The files of one of vold's key directories (system/vold/KeyStorage.cpp of Android 7 to 15), those that are there.
struct VoldKeyDirectory {
  std::optional<Secret> version;         ///< "1"
  std::optional<Secret> stretching;      ///< "none", "nopassword", "scrypt N:r:p"; not since Android 14
  std::optional<Secret> salt;            ///< of scrypt, 16 bytes
  std::optional<Secret> secdiscardable;  ///< 16 KiB at random, which deleting a key overwrites
  std::optional<Secret> encrypted_key;   ///< the key, sealed by AES-256-GCM
  std::optional<Secret> keymaster_key_blob;
  std::optional<Secret> keymaster_key_blob_upgraded;  ///< the same, renewed, and not yet put in the other's place
};

struct OpenedVoldKey {
  Secret key;         ///< 64 bytes; another size is a key that only the phone's hardware can use
  std::string by;     ///< what opened it: "the software Keymaster's blob", "the secret in FILE"
  std::string doubt;  ///< empty, or a sentence's body: what else is wrong with the directory
};

/// The hash under which secdiscardable takes part in what opens a directory: SHA-512 over "Android secdiscardable
/// SHA512", padded with zeros to a block of the hash, and the content (KeyStorage.cpp, hashWithPrefix). A volume's key
/// has this of the volume's own file as its secret (FsCrypt.cpp, read_or_create_volkey).
[[nodiscard]] Result<Secret> hash_secdiscardable(ByteSpan content);

/// `secret` as `stretching` says (the file's content; as it is where there is no such file). scrypt's parameters are
/// base-2 logarithms, and may ask for 64 MiB and 4 rounds at most (Android's default "15:3:1" asks for 32 and 2).
/// Errors: kUnsupported (another way of stretching; more memory than that), kCorrupt (no salt; parameters that are
/// none).
[[nodiscard]] Result<Secret> stretch_secret(ByteSpan secret, const VoldKeyDirectory& directory);

/// What OpenedVoldKey::by says of what that secret opened.
[[nodiscard]] std::string by_secret(const NamedSecret& secret);

/// The key that is kept in a directory: by a Keymaster blob that holds its own key in clear, or, where there is no
/// blob, by one of `secrets`. The tag of encrypted_key proves it. Errors, with a sentence's body on what is missing:
/// kLocked (the phone's Keymaster; a secret, or none of these is the one; secdiscardable), kCorrupt (a file of it is
/// missing or damaged), kUnsupported (another version).
[[nodiscard]] Result<OpenedVoldKey> open_vold_key(const VoldKeyDirectory& directory,
                                                  const std::vector<NamedSecret>& secrets);

}  // namespace coldread::fscrypt
