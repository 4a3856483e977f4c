#pragma once

#include "core/fscrypt/key_ring.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// Looks on a volume for evidence of the keys that nothing in their policies proves (KeyRing::unproven()): that names
/// decrypt to well-formed ones, and what files' last blocks hold past their ends to zeros. What it comes to is taken
/// down in `keys` (KeyRing::judge()), so that it is settled before anything is read, and the same for any number of
/// jobs. A raw key of 32 bytes is also looked at under policies with IV_INO_LBLK_*, where it may be the software secret
/// of a hardware-wrapped key. The walk ends where every such key is proven, at kMaxEvidenceItems entries at the latest.
/// Nothing is read where no such key was given.
void find_key_evidence(const volume::Volume& volume, fscrypt::KeyRing& keys);

constexpr std::size_t kMaxEvidenceItems = std::size_t{1} << 20;

}  // namespace coldread::extract
