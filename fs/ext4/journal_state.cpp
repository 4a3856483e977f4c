#include "fs/ext4/journal_state.hpp"

#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "fs/ext4/inode.hpp"

namespace coldread::ext4 {
namespace {

// The journal is big-endian. journal_superblock_t: the header's magic, and s_start.
constexpr std::uint64_t kStartOffset = 0x1C;
constexpr std::uint32_t kJournalMagic = 0xC03B3998;

std::uint32_t big_endian(ByteView bytes, std::uint64_t offset) {
  std::uint32_t value = 0;
  for (std::uint64_t i = 0; i < 4; ++i) value = value << 8 | bytes.byte(offset + i).value_or(0);
  return value;
}

}  // namespace

bool journal_in_use(const std::shared_ptr<const Filesystem>& filesystem) {
  const Superblock& s = filesystem->superblock();
  if (!(s.features.compat & kCompatHasJournal) || s.raw.s_journal_inum == 0) return false;
  auto record = read_inode(*filesystem, InodeNumber{s.raw.s_journal_inum});
  if (!record) return false;
  auto map = Ext4Inode(filesystem, *std::move(record)).map();
  if (!map) return false;
  const read::MapReader reader(filesystem->source, *map, map->size(), s.block_size);
  const auto superblock = read::read_whole(reader, 0, s.block_size);
  if (!superblock || big_endian(*superblock, 0) != kJournalMagic) return false;
  return big_endian(*superblock, kStartOffset) != 0;
}

}  // namespace coldread::ext4
