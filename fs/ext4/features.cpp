#include "fs/ext4/features.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace coldread::ext4 {
namespace {

enum class Word : std::uint8_t { kCompat, kIncompat, kRoCompat };

struct Feature {
  Word word;
  std::uint32_t mask;
  std::string_view name;
  bool read;
};

constexpr std::array kFeatures = {
    Feature{Word::kCompat, 0x1, "dir_prealloc", true},
    Feature{Word::kCompat, 0x2, "imagic_inodes", true},
    Feature{Word::kCompat, kCompatHasJournal, "has_journal", true},
    Feature{Word::kCompat, 0x8, "ext_attr", true},
    Feature{Word::kCompat, 0x10, "resize_inode", true},
    Feature{Word::kCompat, kCompatDirIndex, "dir_index", true},
    Feature{Word::kCompat, 0x40, "lazy_bg", true},
    Feature{Word::kCompat, 0x100, "snapshot_bitmap", true},
    Feature{Word::kCompat, kCompatSparseSuper2, "sparse_super2", true},
    Feature{Word::kCompat, 0x400, "fast_commit", true},
    Feature{Word::kCompat, 0x800, "stable_inodes", true},
    Feature{Word::kCompat, 0x1000, "orphan_file", true},
    Feature{Word::kIncompat, 0x1, "compression", false},
    Feature{Word::kIncompat, 0x2, "filetype", true},
    Feature{Word::kIncompat, kIncompatNeedsRecovery, "needs_recovery", true},
    Feature{Word::kIncompat, kIncompatJournalDev, "journal_dev", false},
    Feature{Word::kIncompat, kIncompatMetaBg, "meta_bg", true},
    Feature{Word::kIncompat, 0x40, "extent", true},
    Feature{Word::kIncompat, kIncompat64Bit, "64bit", true},
    Feature{Word::kIncompat, 0x100, "mmp", true},
    Feature{Word::kIncompat, 0x200, "flex_bg", true},
    Feature{Word::kIncompat, kIncompatEaInode, "ea_inode", true},
    Feature{Word::kIncompat, 0x1000, "dirdata", false},
    Feature{Word::kIncompat, kIncompatChecksumSeed, "metadata_csum_seed", true},
    Feature{Word::kIncompat, kIncompatLargeDir, "large_dir", true},
    Feature{Word::kIncompat, 0x8000, "inline_data", true},
    Feature{Word::kIncompat, 0x10000, "encrypt", true},
    Feature{Word::kIncompat, 0x20000, "casefold", true},
    Feature{Word::kRoCompat, kRoCompatSparseSuper, "sparse_super", true},
    Feature{Word::kRoCompat, 0x2, "large_file", true},
    Feature{Word::kRoCompat, kRoCompatHugeFile, "huge_file", true},
    Feature{Word::kRoCompat, kRoCompatUninitBg, "uninit_bg", true},
    Feature{Word::kRoCompat, 0x20, "dir_nlink", true},
    Feature{Word::kRoCompat, 0x40, "extra_isize", true},
    Feature{Word::kRoCompat, 0x100, "quota", true},
    Feature{Word::kRoCompat, kRoCompatBigalloc, "bigalloc", true},
    Feature{Word::kRoCompat, kRoCompatMetadataChecksum, "metadata_csum", true},
    Feature{Word::kRoCompat, 0x800, "replica", true},
    Feature{Word::kRoCompat, 0x1000, "read-only", true},
    Feature{Word::kRoCompat, 0x2000, "project", true},
    Feature{Word::kRoCompat, 0x4000, "shared_blocks", true},
    Feature{Word::kRoCompat, 0x8000, "verity", true},
    Feature{Word::kRoCompat, 0x10000, "orphan_present", true},
};

const Feature* known(Word word, std::uint32_t mask) {
  for (const Feature& feature : kFeatures) {
    if (feature.word == word && feature.mask == mask) return &feature;
  }
  return nullptr;
}

void add_names(std::vector<std::string>& names, Word word, std::uint32_t bits, char letter) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    const std::uint32_t mask = std::uint32_t{1} << bit;
    if ((bits & mask) == 0) continue;
    const Feature* feature = known(word, mask);
    names.push_back(feature ? std::string(feature->name) : std::string("FEATURE_") + letter + std::to_string(bit));
  }
}

std::string hex(std::uint32_t value) {
  std::array<char, 16> text{};
  const int length = std::snprintf(text.data(), text.size(), "0x%x", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::vector<std::string> feature_names(const Features& features) {
  std::vector<std::string> names;
  add_names(names, Word::kCompat, features.compat, 'C');
  add_names(names, Word::kIncompat, features.incompat, 'I');
  add_names(names, Word::kRoCompat, features.ro_compat, 'R');
  return names;
}

std::vector<std::string> unread_features(const Features& features) {
  std::vector<std::string> names;
  for (unsigned bit = 0; bit < 32; ++bit) {
    const std::uint32_t mask = std::uint32_t{1} << bit;
    if ((features.incompat & mask) == 0) continue;
    const Feature* feature = known(Word::kIncompat, mask);
    if (!feature) names.push_back("incompat feature " + hex(mask));
    if (feature && !feature->read) names.emplace_back(feature->name);
  }
  return names;
}

std::uint32_t unknown_ro_compat(const Features& features) {
  std::uint32_t unknown = features.ro_compat;
  for (const Feature& feature : kFeatures) {
    if (feature.word == Word::kRoCompat) unknown &= ~feature.mask;
  }
  return unknown;
}

}  // namespace coldread::ext4
