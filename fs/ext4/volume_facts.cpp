#include "fs/ext4/volume_facts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>

#include "core/base/checked.hpp"

namespace coldread::ext4 {
namespace {

/// A field of characters, up to its first zero byte.
template <std::size_t kSize>
std::string text_of(const std::array<std::uint8_t, kSize>& field) {
  return {field.begin(), std::find(field.begin(), field.end(), std::uint8_t{0})};
}

/// Seconds since 1970, of 40 bits, as RFC 3339; "never" for zero.
std::string time_text(std::uint32_t low, std::uint8_t high) {
  const auto seconds = static_cast<std::time_t>(join(low, high));
  std::tm parts{};
  if (seconds == 0 || !::gmtime_r(&seconds, &parts)) return "never";
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

/// s_state (super.rst, "Super Block State").
std::string state_text(std::uint16_t state) {
  std::string text = state & 1 ? "clean" : "not clean";
  if (state & 2) text += ", with errors";
  if (state & 4) text += ", orphans being recovered";
  return text;
}

/// s_errors (super.rst, "Super Block Error Policy").
std::string errors_text(std::uint16_t policy) {
  switch (policy) {
    case 1: return "continue";
    case 2: return "remount read-only";
    case 3: return "panic";
    default: return "unknown (" + std::to_string(policy) + ")";
  }
}

/// Which of the three filesystems dumpe2fs and libblkid would call it.
std::string generation(const Features& features) {
  constexpr std::uint32_t kExt3Incompat = 0x2 | kIncompatNeedsRecovery | kIncompatMetaBg;
  constexpr std::uint32_t kExt3RoCompat = 0x7;
  if ((features.incompat & ~kExt3Incompat) || (features.ro_compat & ~kExt3RoCompat)) return "ext4";
  return features.compat & kCompatHasJournal ? "ext3" : "ext2";
}

std::vector<std::pair<std::string, std::string>> details_of(const Filesystem& filesystem) {
  const Superblock& s = filesystem.superblock();
  const RawSuperblock& raw = s.raw;
  const auto halves = [&](std::uint32_t low, std::uint32_t high) {
    return std::to_string(join(low, s.features.incompat & kIncompat64Bit ? high : 0));
  };
  std::vector<std::pair<std::string, std::string>> details = {
      {"generation", generation(s.features)},
      {"s_inodes_count", std::to_string(s.inodes_count)},
      {"s_free_inodes_count", std::to_string(raw.s_free_inodes_count)},
      {"s_blocks_count", std::to_string(s.blocks_count)},
      {"s_free_blocks_count", halves(raw.s_free_blocks_count_lo, raw.s_free_blocks_count_hi)},
      {"s_blocks_per_group", std::to_string(s.blocks_per_group)},
      {"s_inodes_per_group", std::to_string(s.inodes_per_group)},
      {"s_first_ino", std::to_string(s.first_inode)},
      {"s_inode_size", std::to_string(s.inode_size)},
      {"s_desc_size", std::to_string(s.desc_size)},
      {"s_state", state_text(raw.s_state)},
      {"s_errors", errors_text(raw.s_errors)},
      {"s_mkfs_time", time_text(raw.s_mkfs_time, raw.s_mkfs_time_hi)},
      {"s_mtime", time_text(raw.s_mtime, raw.s_mtime_hi)},
      {"s_wtime", time_text(raw.s_wtime, raw.s_wtime_hi)},
      {"s_lastcheck", time_text(raw.s_lastcheck, raw.s_lastcheck_hi)},
      {"s_mnt_count", std::to_string(raw.s_mnt_count)},
      {"s_last_mounted", text_of(raw.s_last_mounted)},
      {"s_error_count", std::to_string(raw.s_error_count)},
  };
  if (raw.s_error_count != 0) {
    details.emplace_back("s_first_error_time", time_text(raw.s_first_error_time, raw.s_first_error_time_hi));
    details.emplace_back("s_last_error_time", time_text(raw.s_last_error_time, raw.s_last_error_time_hi));
  }
  if (filesystem.found.group != 0)
    details.emplace_back("superblock", "backup in group " + std::to_string(filesystem.found.group));
  return details;
}

}  // namespace

volume::VolumeFacts volume_facts(const Filesystem& filesystem) {
  const Superblock& s = filesystem.superblock();
  volume::VolumeFacts facts;
  facts.type = "ext4";
  std::transform(s.raw.s_uuid.begin(), s.raw.s_uuid.end(), facts.uuid.begin(),
                 [](std::uint8_t byte) { return std::byte{byte}; });
  std::transform(s.raw.s_encrypt_pw_salt.begin(), s.raw.s_encrypt_pw_salt.end(), facts.encrypt_pw_salt.begin(),
                 [](std::uint8_t byte) { return std::byte{byte}; });
  facts.label = text_of(s.raw.s_volume_name);
  facts.block_size = s.block_size;
  facts.size = s.blocks_count << s.block_bits;
  facts.features = feature_names(s.features);
  facts.details = details_of(filesystem);
  facts.findings = filesystem.found.findings;
  if (facts.size > filesystem.source->size()) {
    facts.findings.push_back("the filesystem is " + std::to_string(facts.size) + " bytes long, and only " +
                             std::to_string(filesystem.source->size()) + " of them are there");
  }
  if (const std::uint32_t unknown = unknown_ro_compat(s.features); unknown != 0) {
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "0x%x", unknown);
    facts.findings.push_back(std::string("the superblock has unknown read-only-compatible features, ") + hex.data());
  }
  return facts;
}

}  // namespace coldread::ext4
