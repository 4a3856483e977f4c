#pragma once

#include <map>
#include <string>

#include "core/extract/key_evidence.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/report/sidecar.hpp"

namespace coldread::extract {

/// The name that a report's ciphertext of one stands for. Errors: kLocked (its directory's key is missing, too short or
/// refuted), kUnsupported, kCorrupt (it does not decrypt to a name; what the report says of it cannot be).
[[nodiscard]] Result<std::string> decrypt_name(const report::SidecarFilesystem& filesystem,
                                               const report::NameCiphertext& name, const fscrypt::KeyRing& keys);

/// The same of a symlink's target; `entry` has one.
[[nodiscard]] Result<std::string> decrypt_target(const report::SidecarFilesystem& filesystem,
                                                 const report::SidecarEntry& entry, const fscrypt::KeyRing& keys);

/// What a report's names say of keys that nothing else proves: add() for each entry that it tells of, then judge(),
/// once. As find_key_evidence() does it with a volume.
class SidecarEvidence {
 public:
  /// `keys` outlives this.
  explicit SidecarEvidence(fscrypt::KeyRing& keys) : keys_(keys) {}
  void add(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry);
  void judge();

 private:
  fscrypt::KeyRing& keys_;
  std::map<std::string, KeyEvidence> volumes_;  ///< by the filesystem's UUID
};

}  // namespace coldread::extract
