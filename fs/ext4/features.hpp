#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coldread::ext4 {

// Bits of s_feature_compat, s_feature_incompat and s_feature_ro_compat that decide how something is read
// (Documentation/filesystems/ext4/super.rst, "Super Block Feature Flags").

constexpr std::uint32_t kCompatDirIndex = 0x20;
constexpr std::uint32_t kCompatHasJournal = 0x4;
constexpr std::uint32_t kCompatSparseSuper2 = 0x200;
constexpr std::uint32_t kCompatOrphanFile = 0x1000;

constexpr std::uint32_t kIncompatNeedsRecovery = 0x4;
constexpr std::uint32_t kIncompatJournalDev = 0x8;
constexpr std::uint32_t kIncompatMetaBg = 0x10;
constexpr std::uint32_t kIncompat64Bit = 0x80;
constexpr std::uint32_t kIncompatEaInode = 0x400;
constexpr std::uint32_t kIncompatChecksumSeed = 0x2000;
constexpr std::uint32_t kIncompatLargeDir = 0x4000;

constexpr std::uint32_t kRoCompatSparseSuper = 0x1;
constexpr std::uint32_t kRoCompatHugeFile = 0x8;
constexpr std::uint32_t kRoCompatUninitBg = 0x10;
constexpr std::uint32_t kRoCompatBigalloc = 0x200;
constexpr std::uint32_t kRoCompatMetadataChecksum = 0x400;
constexpr std::uint32_t kRoCompatProject = 0x2000;

/// The three feature words of a superblock.
struct Features {
  std::uint32_t compat = 0;
  std::uint32_t incompat = 0;
  std::uint32_t ro_compat = 0;
};

/// The names of the bits that are set, as `dumpe2fs -h` prints them and in its order; a bit without a name is
/// "FEATURE_C12", "FEATURE_I12" or "FEATURE_R12", as there.
[[nodiscard]] std::vector<std::string> feature_names(const Features& features);

/// What keeps the filesystem from being read: the names of incompatible features that are known and not read, and
/// "incompat feature 0x..." for those that are not known; empty where there is nothing. needs_recovery is not among
/// them.
[[nodiscard]] std::vector<std::string> unread_features(const Features& features);

/// Bits of s_feature_ro_compat that are not known. They do not change how a filesystem is read, only how it is written.
[[nodiscard]] std::uint32_t unknown_ro_compat(const Features& features);

}  // namespace coldread::ext4
