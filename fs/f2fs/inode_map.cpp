#include "fs/f2fs/inode_map.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "fs/f2fs/node_map.hpp"

namespace coldread::f2fs {
namespace {

Result<read::FileMap> map_inline(const Filesystem& filesystem, const InodeRecord& inode, std::uint64_t mapped_end) {
  const std::uint64_t size = inode.facts.size;
  const std::uint64_t there = std::min(size, inode.inline_size());
  std::vector<read::Extent> extents;
  if (there != 0) {
    extents.push_back(
        {0, there, read::ExtentKind::kInline, filesystem.byte_of(inode.node.block) + inode.inline_offset()});
  }
  return read::FileMap::make(std::move(extents), size, mapped_end);
}

/// A file that stands for a whole device of the filesystem: its only extent is in i_ext (f2fs.rst, "Device aliasing").
Result<read::FileMap> map_alias(const Filesystem& filesystem, const InodeRecord& inode, std::uint64_t mapped_end) {
  const Superblock& s = filesystem.superblock();
  const RawExtent& extent = inode.raw.i_ext;
  const std::uint64_t end = std::uint64_t{extent.blk} + extent.len;
  if (extent.len == 0 || extent.blk < s.raw.main_blkaddr || end > s.main_end) {
    return fail(ErrorKind::kCorrupt, inode.where(), "it aliases blocks where no file can be");
  }
  return read::FileMap::make({{std::uint64_t{extent.fofs} << s.block_bits, std::uint64_t{extent.len} << s.block_bits,
                               read::ExtentKind::kStored, s.byte_of(extent.blk)}},
                             inode.facts.size, mapped_end);
}

}  // namespace

Result<read::FileMap> map_inode(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                                std::uint64_t mapped_end) {
  switch (inode.facts.type) {
    case volume::FileType::kFile:
    case volume::FileType::kSymlink:
    case volume::FileType::kDir: break;
    default: return read::FileMap::make(std::vector<read::Extent>{}, inode.facts.size, mapped_end);
  }
  const bool is_dir = inode.facts.type == volume::FileType::kDir;
  if (inode.has_inline(is_dir ? kInlineDentry : kInlineData)) return map_inline(*filesystem, inode, mapped_end);
  if (inode.has_flag(kDeviceAliasFl)) return map_alias(*filesystem, inode, mapped_end);
  return read::FileMap::make(std::make_shared<const NodeMap>(filesystem, inode), inode.facts.size, mapped_end);
}

}  // namespace coldread::f2fs
