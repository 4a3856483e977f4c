#include "fs/ext4/ea_inode.hpp"

#include <string_view>
#include <utility>

#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/inode_map.hpp"

namespace coldread::ext4 {
namespace {

/// One step of e_hash (attributes.rst, "Attribute Hash").
std::uint32_t rotate(std::uint32_t hash, unsigned bits) { return hash << bits | hash >> (32 - bits); }

/// e_hash of an entry whose value has the hash `value_hash`: the name's bytes, which some kernels took as signed, and
/// then the value's hash in place of the value.
std::uint32_t entry_hash(std::string_view name, std::uint32_t value_hash, bool signed_bytes) {
  std::uint32_t hash = 0;
  for (const char c : name) {
    const auto byte = static_cast<std::uint8_t>(c);
    hash = rotate(hash, 5) ^ (signed_bytes ? static_cast<std::uint32_t>(static_cast<std::int8_t>(byte)) : byte);
  }
  return rotate(hash, 16) ^ value_hash;
}

/// True where the value is the one that was stored. The inode's atime holds the value's hash; Lustre's older inodes
/// have none, and point back at the one file that they belong to with mtime and i_generation.
bool is_whole(const Superblock& s, const InodeRecord& inode, const StoredXattr& attribute, const RawInode& holder,
              ByteSpan value) {
  const std::uint32_t hash = crc32c(s.checksum_seed, value);
  if (hash == holder.i_atime && (entry_hash(attribute.name, hash, false) == attribute.raw.e_hash ||
                                 entry_hash(attribute.name, hash, true) == attribute.raw.e_hash)) {
    return true;
  }
  return holder.i_mtime == inode.facts.number.value && holder.i_generation == inode.raw.i_generation;
}

}  // namespace

tl::expected<Bytes, std::string> read_ea_inode(const std::shared_ptr<const Filesystem>& filesystem,
                                               const InodeRecord& inode, const StoredXattr& attribute) {
  const std::string place = "its value in inode " + std::to_string(attribute.raw.e_value_inum) + " ";
  const auto bad = [&](const std::string& what) { return tl::unexpected<std::string>(place + what); };
  const std::uint32_t size = attribute.raw.e_value_size;
  if (size > kMaxXattrValue) return bad("has " + std::to_string(size) + " bytes, more than Linux takes");
  const auto holder = read_inode(*filesystem, InodeNumber{attribute.raw.e_value_inum});
  if (!holder) return bad("cannot be read: " + holder.error().what);
  if (!holder->findings.empty()) return bad("is damaged: " + holder->findings.front());
  if (!holder->has(kEaInodeFlag) || holder->facts.type != volume::FileType::kFile || holder->has(kInlineDataFlag)) {
    return bad("is not in an inode for values");
  }
  if (holder->facts.size != size) {
    return bad("has " + std::to_string(holder->facts.size) + " bytes, and its entry says " + std::to_string(size));
  }
  const auto map = map_blocks(filesystem, *holder);
  if (!map) return bad("cannot be read: " + map.error().what);
  const read::MapReader reader(filesystem->source, *map, size, filesystem->block_size());
  auto value = read::read_whole(reader, 0, size);
  if (!value) return bad("cannot be read: " + value.error().message());
  if (const Findings findings = map->findings(); !findings.empty()) return bad("is damaged: " + findings.front());
  if (!is_whole(filesystem->superblock(), inode, attribute, holder->raw, *value)) {
    return bad("is not what its hash says");
  }
  return *std::move(value);
}

}  // namespace coldread::ext4
