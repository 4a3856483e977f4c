#include "fs/ext4/directory_hash.hpp"

#include <algorithm>

#include "core/base/checked.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kUnsignedHash = 0x2;  // s_flags

}  // namespace

bool has_hash_in_entries(const InodeRecord& inode) { return inode.facts.encrypted && inode.facts.casefold; }

std::optional<HashRule> hash_rule(const Filesystem& filesystem, const InodeRecord& inode,
                                  const std::optional<RawDxRoot>& root, bool indexed) {
  const Superblock& s = filesystem.superblock();
  const bool one_block = (inode.facts.size >> s.block_bits) == 1;
  if (!inode.facts.encrypted || has_hash_in_entries(inode) || !(s.features.compat & kCompatDirIndex)) {
    return std::nullopt;
  }
  if (indexed ? !root : !one_block) return std::nullopt;
  const auto version =
      hash_version(root ? root->hash_version : s.raw.s_def_hash_version, (s.raw.s_flags & kUnsignedHash) != 0);
  if (!version) return std::nullopt;
  HashRule rule{*version, {}};
  std::copy(s.raw.s_hash_seed.begin(), s.raw.s_hash_seed.end(), rule.seed.begin());
  return rule;
}

std::optional<std::array<std::uint32_t, 2>> stored_hash(const RawDirEntry& raw, ByteView record) {
  const std::uint64_t at = round_up(sizeof(RawDirEntry) + raw.name_len, 4);
  const auto hash = record.load<Le32>(at);
  const auto minor_hash = record.load<Le32>(at + sizeof(Le32));
  if (!hash || !minor_hash) return std::nullopt;
  return std::array<std::uint32_t, 2>{*hash, *minor_hash};
}

}  // namespace coldread::ext4
