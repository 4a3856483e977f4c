#include "fs/ext4/inode.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "fs/ext4/directory.hpp"
#include "fs/ext4/extent_map.hpp"
#include "fs/ext4/verity_location.hpp"
#include "fs/ext4/xattr.hpp"

namespace coldread::ext4 {
namespace {

tl::unexpected<Error> unread(const InodeRecord& inode, const std::string& how) {
  return fail(ErrorKind::kUnsupported, inode.where(), how + ", which this version does not read yet");
}

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

Result<read::FileMap> map_extents(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode) {
  if (inode.facts.size >> 63) return fail(ErrorKind::kCorrupt, inode.where(), "its size is negative");
  // ee_block has 32 bits (Documentation/filesystems/ext4/ifork.rst, "Extent Tree").
  if (inode.facts.size > filesystem->block_size() * (std::uint64_t{1} << 32)) {
    return fail(ErrorKind::kCorrupt, inode.where(), "its size is larger than what extents can map");
  }
  auto extents = std::make_shared<const ExtentMap>(filesystem, inode.block_field());
  // Where the end of the tree is damaged, so is the map, which says it where it is read; up to EOF all is asked for.
  const std::uint64_t end = std::max(inode.facts.size, extents->end().value_or(0));
  return read::FileMap::make(std::move(extents), inode.facts.size, end);
}

}  // namespace

Mapping mapping_of(const Filesystem& filesystem, const InodeRecord& inode) {
  using volume::FileType;
  const FileType type = inode.facts.type;
  if (type != FileType::kFile && type != FileType::kDir && type != FileType::kSymlink) return Mapping::kNothing;
  if (inode.has(kEaInodeFlag)) return Mapping::kEaInode;
  if (inode.has(kInlineDataFlag)) return Mapping::kInlineData;
  const std::uint64_t attribute_sectors = inode.file_acl != 0 ? filesystem.block_size() / 512 : 0;
  if (type == FileType::kSymlink && inode.blocks == attribute_sectors) return Mapping::kFastTarget;
  return inode.has(kExtentsFlag) ? Mapping::kExtents : Mapping::kIndirect;
}

Result<read::FileMap> Ext4Inode::map() const {
  switch (mapping_of(*filesystem_, record_)) {
    case Mapping::kNothing: return read::FileMap::make(std::vector<read::Extent>{}, 0, 0);
    case Mapping::kFastTarget: return map_fast_target(record_);
    case Mapping::kExtents: return map_extents(filesystem_, record_);
    case Mapping::kIndirect: return unread(record_, "it is mapped by indirect blocks");
    case Mapping::kInlineData: return unread(record_, "its content is inline_data");
    case Mapping::kEaInode: return unread(record_, "it holds an attribute's value (ea_inode)");
  }
  return fail(ErrorKind::kCorrupt, record_.where(), "its mapping is not known");
}

Result<volume::Directory> Ext4Inode::entries() const {
  if (record_.facts.type != volume::FileType::kDir) {
    return fail(ErrorKind::kCorrupt, record_.where(), "it is not a directory");
  }
  auto mapped = map();
  if (!mapped) return fail(std::move(mapped.error()));
  return read_directory(filesystem_, record_, *mapped);
}

volume::Xattrs Ext4Inode::xattrs() const { return read_xattrs(*filesystem_, record_); }

Result<Bytes> Ext4Inode::encryption_context() const { return read_encryption_context(*filesystem_, record_); }

Result<volume::VerityLocation> Ext4Inode::locate_verity(const read::Reader& past_eof) const {
  if (mapping_of(*filesystem_, record_) != Mapping::kExtents) {
    return fail(ErrorKind::kCorrupt, record_.where(), "a verity file is not mapped by extents");
  }
  const auto end = ExtentMap(filesystem_, record_.block_field()).end();
  if (!end) return fail(ErrorKind::kCorrupt, record_.where(), end.error().what);
  return find_verity(record_, filesystem_->block_size(), *end, past_eof);
}

}  // namespace coldread::ext4
