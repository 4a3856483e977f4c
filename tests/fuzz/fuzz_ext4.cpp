#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/base/checked.hpp"
#include "core/extract/content.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/read/map_reader.hpp"
#include "core/source/memory_source.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/fuzz/fixed_key.hpp"
#include "tests/fuzz/sparse_image.hpp"

// A whole filesystem: superblock, group descriptors, inodes, extent trees, directory blocks, attributes, and where
// verity metadata lies. Then the walk over its names, with a key, and the first and last window of each file.

namespace coldread::fuzz {
namespace {

constexpr std::size_t kMaxPieces = 64;
constexpr std::size_t kMaxItems = 64;
constexpr std::uint64_t kMaxInode = 48;
constexpr std::uint32_t kPageSize = 4096;

/// A piece is total over [offset, piece.end), which goes on, and its extents and faults lie inside it.
void check_piece(const read::MapPiece& piece, std::uint64_t offset, std::uint64_t limit) {
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

void look_at_map(const volume::Volume& volume, const volume::Inode& inode) {
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

void look_at_inode(const volume::Volume& volume, InodeNumber number) {
  const auto inode = volume.inode(number);
  if (!inode) {
    require(!inode.error().message().empty(), "an error has a message");
    return;
  }
  require((*inode)->facts().number == number, "an inode has the number that it was asked for by");
  const volume::Xattrs xattrs = (*inode)->xattrs();
  require(std::is_sorted(xattrs.list.begin(), xattrs.list.end(),
                         [](const auto& a, const auto& b) { return a.name < b.name; }),
          "attributes are sorted");
  static_cast<void>((*inode)->encryption_context());
  if (const auto directory = (*inode)->entries()) {
    for (const volume::DirEntry& entry : directory->entries) {
      require(!entry.name.empty() && entry.name != "." && entry.name != "..", "a name is one that a file can have");
      require((*inode)->facts().encrypted || entry.name.find('/') == std::string::npos, "a name holds no slash");
    }
  }
  look_at_map(volume, **inode);
}

void read_window(const read::PageReader& reader, std::uint64_t index, MutableByteSpan buffer) {
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

void read_content(const volume::Volume& volume, const extract::WalkItem& item) {
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

const fscrypt::KeyRing& keys() {
  static fscrypt::KeyRing ring;
  if (ring.empty()) require(ring.add(fixed_key(), "fixed").has_value(), "the key is taken");
  return ring;
}

void walk(const volume::Volume& volume) {
  extract::PathSelection everything({});
  extract::TreeWalker walker(volume, keys(), everything);
  for (std::size_t i = 0; i < kMaxItems; ++i) {
    const auto item = walker.next();
    if (!item) break;
    require((item->inode != nullptr) || item->error, "an item is an inode or an error");
    if (item->inode && !item->error) read_content(volume, *item);
  }
}

void look_at_image(Bytes image) {
  const std::uint64_t size = image.size();
  const auto volume = ext4::open(std::make_shared<source::MemorySource>(std::move(image)), {.replay = false});
  if (!volume) {
    require(!volume.error().message().empty(), "a refusal has a sentence");
    return;
  }
  require((*volume)->source()->size() == size, "the source is the image");
  static_cast<void>((*volume)->check_metadata());
  look_at_inode(**volume, (*volume)->root());
  for (std::uint64_t number = 1; number <= kMaxInode; ++number) look_at_inode(**volume, {number});
  walk(**volume);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::look_at_image(coldread::fuzz::sparse_image(input));
  return 0;
}
