#include "fs/f2fs/features.hpp"

#include <array>
#include <utility>

namespace coldread::f2fs {
namespace {

constexpr std::array<std::pair<std::uint32_t, const char*>, 17> kNames{{
    {kFeatureEncrypt, "encrypt"},
    {kFeatureBlkzoned, "blkzoned"},
    {kFeatureAtomicWrite, "atomic_write"},
    {kFeatureExtraAttr, "extra_attr"},
    {kFeatureProjectQuota, "project_quota"},
    {kFeatureInodeChksum, "inode_checksum"},
    {kFeatureFlexibleInlineXattr, "flexible_inline_xattr"},
    {kFeatureQuotaIno, "quota"},
    {kFeatureInodeCrtime, "inode_crtime"},
    {kFeatureLostFound, "lost_found"},
    {kFeatureVerity, "verity"},
    {kFeatureSbChksum, "sb_checksum"},
    {kFeatureCasefold, "casefold"},
    {kFeatureCompression, "compression"},
    {kFeatureReadonly, "ro"},
    {kFeatureDeviceAlias, "device_alias"},
    {kFeaturePackedSsa, "packed_ssa"},
}};

}  // namespace

std::vector<std::string> feature_names(std::uint32_t features) {
  std::vector<std::string> names;
  for (const auto& [bit, name] : kNames) {
    if (features & bit) names.emplace_back(name);
  }
  return names;
}

std::uint32_t unknown_features(std::uint32_t features) {
  for (const auto& known : kNames) features &= ~known.first;
  return features;
}

}  // namespace coldread::f2fs
