#include "fs/ext4/inode_map.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fs/ext4/extent_map.hpp"
#include "fs/ext4/indirect_map.hpp"
#include "fs/ext4/inline_data.hpp"

namespace coldread::ext4 {
namespace {

/// A fast symlink's target. The kernel takes one of 1 to 59 bytes.
Result<read::FileMap> map_fast_target(const InodeRecord& inode) {
  const std::uint64_t size = inode.facts.size;
  if (size == 0 || size >= inode.block_field().size()) {
    return fail(
        ErrorKind::kCorrupt, inode.where(),
        "a symlink without blocks has a target of " + std::to_string(size) + " bytes; 1 to 59 fit into its inode");
  }
  return read::FileMap::make({{0, size, read::ExtentKind::kInline, inode.block_field_offset()}}, size, size);
}

/// Inline data. What lies past it and before EOF is zeros: the kernel lets an inline file grow by truncate(2) alone.
Result<read::FileMap> map_inline(const InodeRecord& inode) {
  const std::uint64_t size = inode.facts.size;
  if (size >> 63) return fail(ErrorKind::kCorrupt, inode.where(), "its size is negative");
  auto parts = find_inline_data(inode);
  if (!parts) return fail(std::move(parts.error()));
  std::vector<read::Extent> extents;
  std::uint64_t at = 0;
  for (const source::ByteRange& part : {parts->first, parts->rest}) {
    const std::uint64_t length = std::min(part.length, size - at);
    if (length != 0) extents.push_back({at, length, read::ExtentKind::kInline, inode.offset + part.offset});
    at += length;
  }
  return read::FileMap::make(std::move(extents), size, size);
}

/// True for a symlink whose target is in i_block. With ea_inode its blocks may be those of attributes, and so say
/// nothing.
bool is_fast(const Superblock& s, const InodeRecord& inode) {
  if (s.features.incompat & kIncompatEaInode) return inode.facts.size < sizeof(inode.raw.i_block);
  return inode.blocks == (inode.file_acl != 0 ? s.cluster_size / 512 : 0);
}

}  // namespace

Mapping mapping_of(const Filesystem& filesystem, const InodeRecord& inode) {
  using volume::FileType;
  const FileType type = inode.facts.type;
  if (type != FileType::kFile && type != FileType::kDir && type != FileType::kSymlink) return Mapping::kNothing;
  if (inode.has(kEaInodeFlag)) return Mapping::kEaInode;
  if (inode.has(kInlineDataFlag)) return Mapping::kInlineData;
  if (type == FileType::kSymlink && is_fast(filesystem.superblock(), inode)) return Mapping::kFastTarget;
  return inode.has(kExtentsFlag) ? Mapping::kExtents : Mapping::kIndirect;
}

Result<read::FileMap> map_blocks(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode) {
  const std::uint64_t size = inode.facts.size;
  const std::uint32_t block_size = filesystem->block_size();
  if (size >> 63) return fail(ErrorKind::kCorrupt, inode.where(), "its size is negative");
  if (!inode.has(kExtentsFlag)) {
    if (size > IndirectMap::max_blocks(block_size) * block_size) {
      return fail(ErrorKind::kCorrupt, inode.where(), "its size is larger than what indirect blocks can map");
    }
    return read::FileMap::make(std::make_shared<const IndirectMap>(filesystem, inode.raw.i_block), size, size);
  }
  // ee_block has 32 bits (Documentation/filesystems/ext4/ifork.rst, "Extent Tree").
  if (size > block_size * (std::uint64_t{1} << 32)) {
    return fail(ErrorKind::kCorrupt, inode.where(), "its size is larger than what extents can map");
  }
  auto extents = std::make_shared<const ExtentMap>(filesystem, inode.block_field(), inode.checksum_seed);
  // Where the end of the tree is damaged, so is the map, which says it where it is read; up to EOF all is asked for.
  const std::uint64_t end = std::max(size, extents->end().value_or(0));
  return read::FileMap::make(std::move(extents), size, end);
}

Result<read::FileMap> map_inode(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode) {
  switch (mapping_of(*filesystem, inode)) {
    case Mapping::kNothing: return read::FileMap::make(std::vector<read::Extent>{}, 0, 0);
    case Mapping::kFastTarget: return map_fast_target(inode);
    case Mapping::kExtents:
    case Mapping::kIndirect: return map_blocks(filesystem, inode);
    case Mapping::kInlineData: return map_inline(inode);
    case Mapping::kEaInode: break;
  }
  return fail(ErrorKind::kCorrupt, inode.where(),
              "it holds the value of an attribute of other inodes (ea_inode), and is no file of its own");
}

}  // namespace coldread::ext4
