#pragma once

#include <string>

#include "core/base/byte_view.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// A key as Android's Keymaster or KeyMint gave it out to be stored, as far as it can be told without that.
struct KeymasterBlob {
  /// How it is made, for a listing: "software, in clear", "encrypted by AES-OCB", "encrypted by AES-GCM (format N)",
  /// "of a form that is not known".
  std::string format;
  bool in_clear = false;  ///< it is the software Keymaster's, which keeps the key's own bytes in it
  Secret key;             ///< those; what it can be used for is not asked
};

/// Tells the form of a blob, and takes the key out of one that holds it in clear. Nothing is proven by that: see
/// is_intact(), or what the key opens. Forms (system/keymaster/key_blob_utils): integrity_assured_key_blob.cpp (a zero
/// byte, the key, two sets of authorizations, 8 bytes of HMAC), auth_encrypted_key_blob.cpp; numbers are little-endian.
/// Either may come after the eight bytes that keystore2 puts before those of an old Keymaster ("pKMblob" and a byte;
/// system/security/keystore2/src/km_compat/km_compat.cpp). Never fails: what is none of these is not known.
[[nodiscard]] KeymasterBlob parse_keymaster_blob(ByteView blob);

/// True where the HMAC at the end of a blob in clear holds for that application id: then neither was altered since the
/// software Keymaster made it. The HMAC's key is public; this proves no more than a checksum would.
[[nodiscard]] bool is_intact(ByteView blob, ByteSpan application_id);

}  // namespace coldread::fscrypt
