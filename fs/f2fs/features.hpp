#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coldread::f2fs {

/// Bits of the superblock's `feature` (fs/f2fs/f2fs.h, F2FS_FEATURE_*).
enum Feature : std::uint32_t {
  kFeatureEncrypt = 0x1,
  kFeatureBlkzoned = 0x2,
  kFeatureAtomicWrite = 0x4,
  kFeatureExtraAttr = 0x8,
  kFeatureProjectQuota = 0x10,
  kFeatureInodeChksum = 0x20,
  kFeatureFlexibleInlineXattr = 0x40,
  kFeatureQuotaIno = 0x80,
  kFeatureInodeCrtime = 0x100,
  kFeatureLostFound = 0x200,
  kFeatureVerity = 0x400,
  kFeatureSbChksum = 0x800,
  kFeatureCasefold = 0x1000,
  kFeatureCompression = 0x2000,
  kFeatureReadonly = 0x4000,
  kFeatureDeviceAlias = 0x8000,
  kFeaturePackedSsa = 0x10000,
};

/// The features by the names that `mkfs.f2fs -O` takes, in the order of their bits.
[[nodiscard]] std::vector<std::string> feature_names(std::uint32_t features);

/// Those bits of `features` that have no meaning here.
[[nodiscard]] std::uint32_t unknown_features(std::uint32_t features);

}  // namespace coldread::f2fs
