#include "fs/f2fs/recovered_nodes.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "fs/f2fs/inode_checksum.hpp"
#include "fs/f2fs/inode_record.hpp"

namespace coldread::f2fs {
namespace {

template <class Map, class Key>
std::uint32_t find(const Map& map, const Key& key) {
  const auto at = map.find(key);
  return at == map.end() ? 0 : at->second;
}

/// Overwrites bytes of a block that a struct of the layout has.
template <class Field>
void put(Bytes& bytes, std::size_t offset, const Field& field) {
  const ByteSpan value = bytes_of(field);
  std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

void copy(const Bytes& from, Bytes& to, std::size_t offset, std::size_t length) {
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(offset);
  std::copy(begin, begin + static_cast<std::ptrdiff_t>(length), to.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// The fields that recovery leaves as the checkpoint has them.
void keep_earlier(const Bytes& earlier, Bytes& bytes) {
  const std::size_t nids = bytes.size() - sizeof(RawNodeFooter) - kNidsSize;
  copy(earlier, bytes, offsetof(RawInode, i_links), sizeof(Le32));
  copy(earlier, bytes, offsetof(RawInode, i_generation), sizeof(Le32));
  copy(earlier, bytes, offsetof(RawInode, i_xattr_nid), sizeof(Le32));
  copy(earlier, bytes, offsetof(RawInode, i_pino),
       offsetof(RawInode, i_ext) - offsetof(RawInode, i_pino));  // the name too
  copy(earlier, bytes, nids, kNidsSize);
}

void zero(Bytes& bytes, std::uint64_t offset, std::uint64_t length) {
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), length, std::byte{0});
}

}  // namespace

std::uint32_t RecoveredNodes::direct(std::uint32_t ino, std::uint32_t offset) const {
  return find(directs, std::pair{ino, offset});
}

std::optional<std::uint32_t> RecoveredNodes::next_direct(std::uint32_t ino, std::uint32_t from) const {
  const auto at = directs.lower_bound({ino, from});
  if (at == directs.end() || at->first.first != ino) return std::nullopt;
  return at->first.second;
}

std::uint32_t RecoveredNodes::xattrs(std::uint32_t ino) const { return find(xattr_nodes, ino); }

void RecoveredNodes::apply_names(std::uint32_t directory, volume::Directory& entries) const {
  const auto changes = names.find(directory);
  if (changes == names.end()) return;
  std::unordered_map<std::string_view, const Name*> latest;
  for (const Name& change : changes->second) latest[change.name] = &change;
  std::erase_if(entries.entries, [&](const volume::DirEntry& entry) { return latest.contains(entry.name); });
  for (const Name& change : changes->second) {
    if (latest[change.name] == &change) entries.entries.push_back({change.name, {change.ino}, {change.hash, 0}});
  }
}

void RecoveredNodes::drop_recovered_names(std::uint32_t directory, volume::Directory& removed) const {
  const auto changes = names.find(directory);
  if (changes == names.end()) return;
  std::set<std::pair<std::string_view, std::uint64_t>> live;
  for (const Name& change : changes->second) live.emplace(change.name, change.ino);
  std::erase_if(removed.entries, [&](const volume::DirEntry& entry) {
    return live.contains({entry.name, entry.inode.value});
  });
}

Result<Node> make_inode(const Filesystem& filesystem, const RecoveredInode& recovered) {
  auto node = read_node_block(filesystem, recovered.later);
  if (!node) return node;
  Bytes& bytes = node->bytes;
  const Superblock& s = filesystem.superblock();
  const bool sound = inode_checksum_good(s, bytes);
  const std::size_t nids = bytes.size() - sizeof(RawNodeFooter) - kNidsSize;
  if (recovered.earlier == 0) {
    put(bytes, offsetof(RawInode, i_links), Le32(1));
    put(bytes, offsetof(RawInode, i_xattr_nid), Le32(0));
  } else if (recovered.earlier != recovered.later) {
    const auto earlier = read_node_block(filesystem, recovered.earlier);
    if (!earlier) return fail(earlier.error());
    keep_earlier(earlier->bytes, bytes);
  }
  if (recovered.earlier == 0 || recovered.no_nodes) zero(bytes, nids, kNidsSize);
  if (recovered.size) put(bytes, offsetof(RawInode, i_size), Le64(*recovered.size));
  const std::uint32_t links = *ByteView(bytes).load<Le32>(offsetof(RawInode, i_links));
  put(bytes, offsetof(RawInode, i_links), Le32(links - std::min(links, recovered.links_lost)));
  if (recovered.no_inline_data) {
    if (const auto record = parse_inode(s, *node); record && record->has_inline(kInlineData)) {
      zero(bytes, record->inline_offset() - kInlineReservedSize, record->inline_size() + kInlineReservedSize);
      const auto flags = static_cast<std::uint8_t>(record->raw.i_inline & ~(kInlineData | kDataExist));
      bytes[offsetof(RawInode, i_inline)] = std::byte{flags};
    }
  }
  if (sound) set_inode_checksum(s, bytes);
  return node;
}

}  // namespace coldread::f2fs
