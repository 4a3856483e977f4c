#include "fs/ext4/find_superblock.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace coldread::ext4 {
namespace {

Result<Superblock> read_superblock(const source::BlockSource& source, std::uint64_t offset) {
  auto raw = source::read_struct<RawSuperblock>(source, offset);
  if (!raw) return fail(std::move(raw.error()));
  return parse_superblock(ByteView(bytes_of(*raw)));
}

/// Groups that may hold a backup, up to and with `last`, ascending. With sparse_super2 it may be any; mke2fs then takes
/// 1 and the last.
std::vector<std::uint64_t> backup_groups(std::uint64_t last) {
  std::vector<std::uint64_t> groups = {1, last};
  for (const std::uint64_t base : {std::uint64_t{3}, std::uint64_t{5}, std::uint64_t{7}}) {
    for (std::uint64_t group = base; group <= last; group *= base) groups.push_back(group);
  }
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

/// The backup of `group`, if a good one is there.
std::optional<FoundSuperblock> read_backup(const source::BlockSource& source, std::uint32_t block_size,
                                           std::uint64_t blocks_per_group, std::uint64_t group) {
  const std::uint64_t first_data_block = block_size == 1024 ? 1 : 0;
  const std::uint64_t offset = (first_data_block + group * blocks_per_group) * block_size;
  if (offset >= source.size() || source.size() - offset < sizeof(RawSuperblock)) return std::nullopt;
  auto superblock = read_superblock(source, offset);
  if (!superblock || !superblock->checksum_good || superblock->block_size != block_size ||
      superblock->blocks_per_group != blocks_per_group || superblock->raw.s_block_group_nr != (group & 0xffff) ||
      group >= superblock->group_count) {
    return std::nullopt;
  }
  return FoundSuperblock{*superblock, offset, static_cast<std::uint32_t>(group), {}};
}

/// `hint` is what the damaged primary says of the number of blocks in a group.
std::optional<FoundSuperblock> find_backup(const source::BlockSource& source, std::uint64_t hint) {
  constexpr std::uint64_t kMaxGroup = 0xffffffff;  // bounds the powers in backup_groups()
  for (std::uint32_t block_size = 1024; block_size <= 65536; block_size *= 2) {
    const std::uint64_t usual = std::uint64_t{block_size} * 8;
    for (const std::uint64_t blocks_per_group : {usual, hint}) {
      if (blocks_per_group == 0 || blocks_per_group > usual) continue;
      const std::uint64_t last = std::min(source.size() / (blocks_per_group * block_size), kMaxGroup);
      if (last == 0) continue;
      for (const std::uint64_t group : backup_groups(last)) {
        if (auto found = read_backup(source, block_size, blocks_per_group, group)) return found;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Result<FoundSuperblock> find_superblock(const source::BlockSource& source) {
  const std::uint64_t end = kSuperblockOffset + sizeof(RawSuperblock);
  if (source.size() < end) {
    return fail(ErrorKind::kNotFound, "",
                "there is no ext4 filesystem here: " + std::to_string(source.size()) + " bytes are too few for one");
  }
  auto primary = read_superblock(source, kSuperblockOffset);
  if (primary && primary->checksum_good) return FoundSuperblock{*primary, kSuperblockOffset, 0, {}};

  const std::string problem = primary ? "its checksum is wrong" : primary.error().what;
  const auto raw = source::read_struct<RawSuperblock>(source, kSuperblockOffset);
  if (auto backup = find_backup(source, raw ? raw->s_blocks_per_group.get() : 0)) {
    backup->findings.push_back("the primary superblock is damaged (" + problem + "); the backup in group " +
                               std::to_string(backup->group) + " at byte " + std::to_string(backup->offset) +
                               " is used");
    return *std::move(backup);
  }
  if (primary) {
    FoundSuperblock found{*primary, kSuperblockOffset, 0, {}};
    found.findings.emplace_back(
        "the superblock's checksum is wrong, and no good backup was found; it is used as it is");
    return found;
  }
  if (primary.error().kind == ErrorKind::kNotFound) {
    return fail(ErrorKind::kNotFound, "", "there is no ext4 filesystem here: neither a superblock nor a backup of one");
  }
  return fail(primary.error().kind, "ext4 superblock", problem + "; no good backup was found");
}

}  // namespace coldread::ext4
