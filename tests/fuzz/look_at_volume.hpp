#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/base/checked.hpp"
#include "core/extract/content.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/read/map_reader.hpp"
#include "tests/fuzz/fixed_key.hpp"
#include "tests/fuzz/fuzz_target.hpp"

/// What fuzz targets of whole filesystems do with a volume: all that can be asked of it, and promises that hold for
/// whatever it holds.

namespace coldread::fuzz {

constexpr std::size_t kMaxPieces = 64;
constexpr std::size_t kMaxItems = 64;
constexpr std::uint32_t kPageSize = 4096;

/// A piece is total over [offset, piece.end), which goes on, and its extents and faults lie inside it.
inline void check_piece(const read::MapPiece& piece, std::uint64_t offset, std::uint64_t limit) {
  require(piece.end > offset && piece.end <= limit, "a piece goes on and ends in time");
  std::uint64_t at = offset;
  for (const read::Extent& extent : piece.extents) {
    require(extent.file_offset == at && extent.length != 0, "extents have neither gaps nor overlap");
    require(checked_add(extent.source_offset, extent.length).has_value(), "an extent's end fits in 64 bits");
    at = extent.file_end();
  }
  require(at == piece.end, "extents cover the piece");
  for (const read::MapFault& fault : piece.faults) {
    require(fault.range.offset >= offset && fault.range.length != 0, "a map fault is inside the piece");
    require(fault.range.length <= piece.end - fault.range.offset, "a map fault ends inside the piece");
  }
}

inline void look_at_map(const volume::Volume& volume, const volume::Inode& inode) {
  const auto map = inode.map();
  if (!map) return;
  require(map->mapped_end() >= map->size(), "a map does not end before EOF");
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < kMaxPieces && at < map->mapped_end(); ++i) {
    const read::MapPiece piece = map->piece(at, map->mapped_end());
    check_piece(piece, at, map->mapped_end());
    at = piece.end;
  }
  const std::uint32_t block_size = volume.facts().block_size;
  const read::MapReader past_eof(volume.source(), *map, map->mapped_end(), block_size);
  const auto location = inode.locate_verity(past_eof);
  if (!location) return;
  require(location->tree_offset >= map->size(), "verity metadata lies past EOF");
  require(location->tree_offset + location->tree_space == location->descriptor_offset,
          "the tree ends at the descriptor");
  require(location->descriptor_offset + location->descriptor_size <= map->mapped_end(), "the descriptor is mapped");
}

inline void look_at_names(const volume::Inode& inode, const volume::Directory& directory) {
  for (const volume::DirEntry& entry : directory.entries) {
    require(!entry.name.empty() && entry.name != "." && entry.name != "..", "a name is one that a file can have");
    require(inode.facts().encrypted || entry.name.find('/') == std::string::npos, "a name holds no slash");
  }
}

inline void look_at_deleted_names(const volume::Inode& inode) {
  const auto live = inode.entries();
  const auto deleted = inode.deleted_entries();
  require(live.has_value() == deleted.has_value(), "a directory has names of both kinds");
  if (!live) return;
  look_at_names(inode, *live);
  look_at_names(inode, *deleted);
  for (const volume::DirEntry& gone : deleted->entries) {
    const auto is_same = [&](const volume::DirEntry& entry) {
      return entry.name == gone.name && entry.inode == gone.inode;
    };
    require(std::none_of(live->entries.begin(), live->entries.end(), is_same), "a live name is not a deleted one");
  }
}

inline void look_at(const volume::Volume& volume, const volume::Inode& inode) {
  const volume::Xattrs xattrs = inode.xattrs();
  require(std::is_sorted(xattrs.list.begin(), xattrs.list.end(),
                         [](const auto& a, const auto& b) { return a.name < b.name; }),
          "attributes are sorted");
  static_cast<void>(inode.encryption_context());
  look_at_deleted_names(inode);
  look_at_map(volume, inode);
}

inline void look_at_inode(const volume::Volume& volume, InodeNumber number) {
  const auto inode = volume.inode(number);
  if (!inode) {
    require(!inode.error().message().empty(), "an error has a message");
    return;
  }
  require((*inode)->facts().number == number, "an inode has the number that it was asked for by");
  look_at(volume, **inode);
}

inline void look_at_old_inodes(const volume::Volume& volume) {
  const volume::OldInodes old = volume.old_inodes();
  std::size_t looked = 0;
  std::uint64_t before = 0;
  for (const volume::OldInode& one : old.list) {
    require(one.inode != nullptr && one.inode->facts().number == one.number, "an older inode has its number");
    require(one.number.value > before, "older inodes ascend");
    before = one.number.value;
    if (++looked <= kMaxItems) look_at(volume, *one.inode);
  }
}

inline void read_window(const read::PageReader& reader, std::uint64_t index, MutableByteSpan buffer) {
  read::Window window;
  reader.read(index * reader.window_size(), buffer, window);
  std::uint64_t at = window.offset;
  for (const read::Extent& extent : window.extents) {
    require(extent.file_offset == at, "a window's extents are total");
    at = extent.file_end();
  }
  for (const read::BlockFault& fault : window.faults) {
    require(fault.range.offset >= window.offset && fault.range.length != 0, "a fault lies in its window");
    require(!fault.reason.empty(), "a fault has a reason");
  }
}

inline void read_content(const volume::Volume& volume, const extract::WalkItem& item) {
  const extract::Encryption* const encryption = item.encryption ? &*item.encryption : nullptr;
  if (item.inode->facts().type == volume::FileType::kSymlink) {
    static_cast<void>(extract::read_link(volume, *item.inode, encryption));
  }
  if (item.inode->facts().type != volume::FileType::kFile || item.locked()) return;
  const extract::ContentPlan plan = extract::plan_content(volume, *item.inode, encryption, kPageSize);
  const std::uint64_t size = plan.reader->size();
  if (size == 0) return;
  static Bytes buffer;
  buffer.resize(plan.reader->window_size());
  const std::uint64_t last = (size - 1) / plan.reader->window_size();
  read_window(*plan.reader, 0, buffer);
  if (last != 0) read_window(*plan.reader, last, buffer);
}

inline const fscrypt::KeyRing& keys() {
  static fscrypt::KeyRing ring;
  if (ring.empty()) require(ring.add(fixed_key(), "fixed").has_value(), "the key is taken");
  return ring;
}

inline void walk(const volume::Volume& volume) {
  extract::PathSelection everything({});
  extract::TreeWalker walker(volume, keys(), everything);
  for (std::size_t i = 0; i < kMaxItems; ++i) {
    const auto item = walker.next();
    if (!item) break;
    require((item->inode != nullptr) || item->error, "an item is an inode or an error");
    if (item->inode && !item->error) read_content(volume, *item);
  }
}

/// Its inodes up to `max_inode`, older ones, and the walk over its names, with a key, and the first and last window of
/// each file.
inline void look_at_volume(const volume::Volume& volume, std::uint64_t max_inode) {
  static_cast<void>(volume.check_metadata());
  look_at_inode(volume, volume.root());
  for (std::uint64_t number = 1; number <= max_inode; ++number) look_at_inode(volume, {number});
  look_at_old_inodes(volume);
  walk(volume);
}

}  // namespace coldread::fuzz
