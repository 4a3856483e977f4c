#include "fs/ext4/inode.hpp"

#include "fs/ext4/directory.hpp"
#include "fs/ext4/extent_map.hpp"
#include "fs/ext4/inode_map.hpp"
#include "fs/ext4/verity_location.hpp"
#include "fs/ext4/xattr.hpp"

namespace coldread::ext4 {

Result<read::FileMap> Ext4Inode::map() const { return map_inode(filesystem_, record_); }

Result<volume::Directory> Ext4Inode::entries() const {
  if (record_.facts.type != volume::FileType::kDir) {
    return fail(ErrorKind::kCorrupt, record_.where(), "it is not a directory");
  }
  auto mapped = map();
  if (!mapped) return fail(std::move(mapped.error()));
  return read_directory(filesystem_, record_, *mapped);
}

volume::Xattrs Ext4Inode::xattrs() const { return read_xattrs(filesystem_, record_); }

Result<Bytes> Ext4Inode::encryption_context() const { return read_encryption_context(*filesystem_, record_); }

Result<volume::VerityLocation> Ext4Inode::locate_verity(const read::Reader& past_eof) const {
  if (mapping_of(*filesystem_, record_) != Mapping::kExtents) {
    return fail(ErrorKind::kCorrupt, record_.where(), "a verity file is not mapped by extents");
  }
  const auto end = ExtentMap(filesystem_, record_.block_field(), record_.checksum_seed).end();
  if (!end) return fail(ErrorKind::kCorrupt, record_.where(), end.error().what);
  return find_verity(record_, filesystem_->block_size(), *end, past_eof);
}

}  // namespace coldread::ext4
