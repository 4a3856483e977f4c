#include "fs/f2fs/inode.hpp"

#include "core/base/checked.hpp"
#include "fs/f2fs/directory.hpp"
#include "fs/f2fs/inode_map.hpp"
#include "fs/f2fs/recovered_nodes.hpp"
#include "fs/f2fs/xattr.hpp"

namespace coldread::f2fs {

Result<read::FileMap> F2fsInode::map() const {
  std::uint64_t end = record_.facts.size;
  if (record_.facts.verity) {
    const auto location = read_verity_location(*filesystem_, record_);
    // Where it cannot be told, locate_verity() says so.
    if (location) end = round_up(location->descriptor_offset + location->descriptor_size, filesystem_->block_size());
  }
  return map_inode(filesystem_, record_, end);
}

Result<volume::Directory> F2fsInode::entries() const {
  if (record_.facts.type != volume::FileType::kDir) {
    return fail(ErrorKind::kCorrupt, record_.where(), "it is not a directory");
  }
  auto mapped = map();
  if (!mapped) return fail(std::move(mapped.error()));
  volume::Directory directory = read_directory(filesystem_, record_, *mapped);
  if (filesystem_->recovered) filesystem_->recovered->apply_names(record_.node.nid(), directory);
  return directory;
}

Result<volume::Directory> F2fsInode::deleted_entries() const {
  if (record_.facts.type != volume::FileType::kDir) {
    return fail(ErrorKind::kCorrupt, record_.where(), "it is not a directory");
  }
  auto mapped = map();
  if (!mapped) return fail(std::move(mapped.error()));
  volume::Directory removed = read_removed_names(filesystem_, record_, *mapped);
  if (filesystem_->recovered) filesystem_->recovered->drop_recovered_names(record_.node.nid(), removed);
  return removed;
}

volume::Xattrs F2fsInode::xattrs() const { return read_xattrs(*filesystem_, record_); }

Result<Bytes> F2fsInode::encryption_context() const { return read_encryption_context(*filesystem_, record_); }

Result<volume::VerityLocation> F2fsInode::locate_verity(const read::Reader&) const {
  if (!record_.facts.verity) return fail(ErrorKind::kCorrupt, record_.where(), "it is no fs-verity file");
  return read_verity_location(*filesystem_, record_);
}

}  // namespace coldread::f2fs
