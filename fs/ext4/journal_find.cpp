#include "fs/ext4/journal_find.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/inode.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint8_t kBackupOfBlocks = 1;  // EXT3_JNL_BACKUP_BLOCKS of e2fsprogs
constexpr std::size_t kBackupSizeHigh = 15;
constexpr std::size_t kBackupSizeLow = 16;

// Bound what a hostile map of the journal costs. A journal of mke2fs has a handful of runs.
constexpr std::size_t kMaxRuns = std::size_t{1} << 20;
constexpr unsigned kMaxPieces = 1 << 14;

/// Where the blocks of a mapped journal lie. What the map does not say lies nowhere, and is found out when it is read.
std::vector<JournalRun> runs_of(const read::FileMap& map, std::uint64_t end, std::uint32_t block_size) {
  std::vector<JournalRun> runs;
  unsigned pieces = 0;
  for (std::uint64_t at = 0; at < end && pieces < kMaxPieces && runs.size() < kMaxRuns; ++pieces) {
    const read::MapPiece piece = map.piece(at, end);
    for (const read::Extent& extent : piece.extents) {
      if (extent.kind != read::ExtentKind::kStored || extent.file_offset % block_size != 0) continue;
      runs.push_back({extent.file_offset / block_size, extent.length / block_size, extent.source_offset});
    }
    at = piece.end;
  }
  return runs;
}

Result<std::shared_ptr<const JournalLog>> open_inode(const std::shared_ptr<const Filesystem>& filesystem,
                                                     InodeRecord record) {
  if (record.facts.type != volume::FileType::kFile) {
    return fail(ErrorKind::kCorrupt, record.where(), "it is the journal, and no regular file");
  }
  auto map = Ext4Inode(filesystem, std::move(record)).map();
  if (!map) return fail(std::move(map.error()));
  const std::uint32_t block_size = filesystem->block_size();
  const read::MapReader reader(filesystem->source, *map, map->size(), block_size);
  const auto bytes = read::read_whole(reader, 0, sizeof(RawJournalSuperblock));
  if (!bytes) return fail(bytes.error());
  auto superblock = parse_journal_superblock(*bytes, block_size, map->size() / block_size);
  if (!superblock) return fail(std::move(superblock.error()));
  auto runs = runs_of(*map, std::uint64_t{superblock->length} * block_size, block_size);
  return std::make_shared<const JournalLog>(filesystem->source, std::move(runs), *superblock, false);
}

/// The journal's inode as the superblock's copy of its map has it.
Result<InodeRecord> backup_inode(const Filesystem& filesystem, InodeNumber number) {
  const RawSuperblock& s = filesystem.superblock().raw;
  if (s.s_jnl_backup_type != kBackupOfBlocks) {
    return fail(ErrorKind::kNotFound, "superblock", "it has no backup of the journal's inode");
  }
  RawInode raw{};
  raw.i_mode = std::uint16_t{0100600};
  raw.i_links_count = 1;
  for (std::size_t i = 0; i < raw.i_block.size(); ++i) raw.i_block[i] = s.s_jnl_blocks[i];
  raw.i_size_high = s.s_jnl_blocks[kBackupSizeHigh];
  raw.i_size_lo = s.s_jnl_blocks[kBackupSizeLow];
  // The flags are not kept. An extent tree begins with its magic, which as a block number would be past any old map.
  if ((raw.i_block[0] & 0xffff) == kExtentMagic) raw.i_flags = kExtentsFlag;
  Bytes bytes(filesystem.superblock().inode_size);
  const ByteSpan made = bytes_of(raw).first(kGoodOldInodeSize);
  std::copy(made.begin(), made.end(), bytes.begin());
  return parse_inode(filesystem, number, std::move(bytes), filesystem.found.offset);
}

}  // namespace

bool has_external_journal(const Superblock& superblock) {
  return (superblock.features.compat & kCompatHasJournal) != 0 && superblock.raw.s_journal_inum == 0;
}

Result<FoundJournal> find_inode_journal(const std::shared_ptr<const Filesystem>& filesystem) {
  const InodeNumber number{filesystem->superblock().raw.s_journal_inum};
  auto record = read_inode(*filesystem, number);
  const Findings odd = record ? record->findings : Findings{};
  auto direct = record ? open_inode(filesystem, *std::move(record)) : fail(std::move(record.error()));
  if (direct && odd.empty()) return FoundJournal{*std::move(direct), {}};

  auto backup = backup_inode(*filesystem, number);
  auto spare = backup ? open_inode(filesystem, *std::move(backup)) : fail(std::move(backup.error()));
  if (spare) {
    const std::string why = direct ? odd.front() : direct.error().message();
    return FoundJournal{*std::move(spare),
                        {"journal: its inode is damaged (" + why + "); the superblock's copy of its map is used"}};
  }
  if (direct) return FoundJournal{*std::move(direct), odd};
  return fail(std::move(direct.error()));
}

Result<FoundJournal> open_external_journal(const Superblock& superblock,
                                           const std::shared_ptr<const source::BlockSource>& device) {
  const auto refuse = [](const std::string& what) { return fail(ErrorKind::kUnsupported, "external journal", what); };
  const auto raw = source::read_struct<RawSuperblock>(*device, kSuperblockOffset);
  if (!raw) return fail(raw.error());
  if (raw->s_magic != kSuperMagic || !(raw->s_feature_incompat & kIncompatJournalDev)) {
    return refuse("the file given with --journal is none: it has no superblock with the feature journal_dev");
  }
  if (raw->s_uuid != superblock.raw.s_journal_uuid) {
    return refuse("the file given with --journal has the UUID " + format_uuid(std::as_bytes(std::span(raw->s_uuid))) +
                  ", and the filesystem's journal is " +
                  format_uuid(std::as_bytes(std::span(superblock.raw.s_journal_uuid))) + "; give that one");
  }
  FoundJournal found;
  if (raw->s_feature_ro_compat & kRoCompatMetadataChecksum) {
    const ByteSpan summed = bytes_of(*raw).first(offsetof(RawSuperblock, s_checksum));
    if (crc32c(~0u, summed) != raw->s_checksum) {
      found.findings.emplace_back("external journal: the checksum of its ext4 superblock is wrong");
    }
  }
  const std::uint64_t blocks =
      join(raw->s_blocks_count_lo, raw->s_feature_incompat & kIncompat64Bit ? raw->s_blocks_count_hi.get() : 0);
  const std::uint64_t start = kSuperblockOffset / superblock.block_size + 1;
  Bytes bytes(sizeof(RawJournalSuperblock));
  if (auto done = source::read_exactly(*device, start * superblock.block_size, bytes); !done) {
    return fail(std::move(done.error()));
  }
  auto journal = parse_journal_superblock(bytes, superblock.block_size, blocks);
  if (!journal) return fail(journal.error().kind, "external " + journal.error().where, journal.error().what);
  if (journal->raw.s_nr_users > 1) {
    return refuse("it serves " + std::to_string(journal->raw.s_nr_users) + " filesystems, which is not read");
  }
  std::vector<JournalRun> runs = {{0, journal->length, 0}};
  found.log = std::make_shared<const JournalLog>(device, std::move(runs), *journal, true);
  return found;
}

}  // namespace coldread::ext4
