#pragma once

#include <string>

#include "core/fscrypt/key_ring.hpp"
#include "core/report/sidecar.hpp"

namespace coldread::extract {

/// The name that a report's ciphertext of one stands for. Errors: kLocked (its directory's key is missing or too
/// short), kUnsupported, kCorrupt (it does not decrypt to a name; what the report says of it cannot be).
[[nodiscard]] Result<std::string> decrypt_name(const report::SidecarFilesystem& filesystem,
                                               const report::NameCiphertext& name, const fscrypt::KeyRing& keys);

/// The same of a symlink's target; `entry` has one.
[[nodiscard]] Result<std::string> decrypt_target(const report::SidecarFilesystem& filesystem,
                                                 const report::SidecarEntry& entry, const fscrypt::KeyRing& keys);

}  // namespace coldread::extract
