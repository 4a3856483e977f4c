#include "fs/ext4/old_inode.hpp"

#include <algorithm>
#include <utility>

#include "fs/ext4/as_of_source.hpp"
#include "fs/ext4/directory.hpp"
#include "fs/ext4/directory_slack.hpp"
#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/free_blocks_map.hpp"
#include "fs/ext4/inode_map.hpp"

namespace coldread::ext4 {
namespace {

// What counting a file's blocks may cost. A file in more pieces has its holes not believed.
constexpr unsigned kMaxPieces = 1 << 10;

constexpr std::size_t kDirectBlocks = 12;

std::shared_ptr<const Filesystem> as_of(const BlockFates& fates, std::shared_ptr<const AsOfSource> source) {
  return std::make_shared<const Filesystem>(Filesystem{std::move(source), fates.filesystem()->found});
}

/// True where the whole map is in the inode.
bool is_self_contained(const InodeRecord& inode) {
  if (inode.has(kExtentsFlag)) return root_depth(inode.block_field()).value_or(1) == 0;
  return std::all_of(inode.raw.i_block.begin() + kDirectBlocks, inode.raw.i_block.end(),
                     [](const Le32& block) { return block == 0; });
}

/// Bytes that the map stores or reserves; nothing where part of it is not known, or there is too much of it.
std::optional<std::uint64_t> mapped_bytes(const read::FileMap& map) {
  std::uint64_t bytes = 0;
  std::uint64_t at = 0;
  for (unsigned pieces = 0; at < map.mapped_end(); ++pieces) {
    if (pieces == kMaxPieces) return std::nullopt;
    const read::MapPiece piece = map.piece(at, map.mapped_end());
    if (!piece.faults.empty()) return std::nullopt;
    for (const read::Extent& extent : piece.extents) {
      if (extent.kind != read::ExtentKind::kHole) bytes += extent.length;
    }
    at = piece.end;
  }
  return bytes;
}

}  // namespace

OldExt4Inode::OldExt4Inode(std::shared_ptr<const BlockFates> fates, InodeRecord record, FileVersion version,
                           bool in_place)
    : fates_(std::move(fates)),
      record_(std::move(record)),
      version_(version),
      in_place_(in_place),
      filesystem_then_(as_of(*fates_, std::make_shared<const AsOfSource>(fates_, version))),
      then_(filesystem_then_, record_) {}

Result<read::FileMap> OldExt4Inode::map() const {
  switch (mapping_of(*filesystem_then_, record_)) {
    case Mapping::kFastTarget:
    case Mapping::kInlineData:
      if (!in_place_) {
        return fail(ErrorKind::kCorrupt, record_.where(),
                    "its content is in its older version, which is not among the filesystem's own blocks");
      }
      return map_inode(filesystem_then_, record_);
    case Mapping::kNothing:
    case Mapping::kEaInode: return map_inode(filesystem_then_, record_);
    case Mapping::kExtents:
    case Mapping::kIndirect: break;
  }
  auto map = map_blocks(filesystem_then_, record_, ExtentMap::BadChecksum::kFault);
  if (!map) return map;
  const std::uint64_t size = map->size();
  const std::uint64_t end = map->mapped_end();
  auto left = std::make_shared<const FreeBlocksMap>(*std::move(map), fates_, version_, hole_fault());
  return read::FileMap::make(std::move(left), size, end);
}

std::string OldExt4Inode::hole_fault() const {
  if (is_self_contained(record_)) return {};
  const Superblock& s = filesystem_then_->superblock();
  // Where clusters or attributes' inodes are counted as well, i_blocks proves nothing.
  const bool comparable = !(s.features.ro_compat & kRoCompatBigalloc) && !(s.features.incompat & kIncompatEaInode);
  const auto source = std::make_shared<const AsOfSource>(fates_, version_);
  const auto map = map_blocks(as_of(*fates_, source), record_, ExtentMap::BadChecksum::kFault);
  const auto bytes = comparable && map ? mapped_bytes(*map) : std::nullopt;
  const std::uint64_t others = source->blocks_read() + (record_.file_acl != 0 ? 1 : 0);
  if (bytes && (*bytes >> s.block_bits) + others == record_.blocks / (s.block_size / 512)) return {};
  return "whether nothing was stored there is not known: blocks of its map are lost";
}

Result<volume::Directory> OldExt4Inode::read_names(bool deleted) const {
  if (record_.facts.type != volume::FileType::kDir) {
    return fail(ErrorKind::kCorrupt, record_.where(), "it is not a directory");
  }
  auto mapped = map();
  if (!mapped) return fail(std::move(mapped.error()));
  volume::Directory live = read_directory(fates_->filesystem(), record_, *mapped);
  if (!deleted) return live;
  return read_directory_slack(fates_->filesystem(), record_, *mapped, live.entries, nullptr);
}

Result<volume::Directory> OldExt4Inode::entries() const { return read_names(false); }

Result<volume::Directory> OldExt4Inode::deleted_entries() const { return read_names(true); }

}  // namespace coldread::ext4
