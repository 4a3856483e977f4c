#include "fs/ext4/inode.hpp"

#include "fs/ext4/directory.hpp"
#include "fs/ext4/extent_map.hpp"
#include "fs/ext4/inode_map.hpp"
#include "fs/ext4/recovery_edits.hpp"
#include "fs/ext4/verity_location.hpp"
#include "fs/ext4/xattr.hpp"

namespace coldread::ext4 {

Result<read::FileMap> Ext4Inode::map() const {
  auto stored = map_inode(filesystem_, record_);
  if (!stored || !filesystem_->edits) return stored;
  return over_map(filesystem_->edits, record_.facts.number, *stored, filesystem_->superblock().block_bits);
}

Result<volume::Directory> Ext4Inode::entries() const {
  if (record_.facts.type != volume::FileType::kDir) {
    return fail(ErrorKind::kCorrupt, record_.where(), "it is not a directory");
  }
  const RecoveryEdits* edits = filesystem_->edits.get();
  volume::Directory directory;
  if (!edits || !edits->made_new(record_.facts.number)) {
    auto mapped = map();
    if (!mapped) return fail(std::move(mapped.error()));
    directory = read_directory(filesystem_, record_, *mapped);
  }
  if (edits) edits->apply_names(record_.facts.number, directory);
  return directory;
}

volume::Xattrs Ext4Inode::xattrs() const { return read_xattrs(filesystem_, record_); }

Result<Bytes> Ext4Inode::encryption_context() const { return read_encryption_context(*filesystem_, record_); }

Result<volume::VerityLocation> Ext4Inode::locate_verity(const read::Reader& past_eof) const {
  if (mapping_of(*filesystem_, record_) != Mapping::kExtents) {
    return fail(ErrorKind::kCorrupt, record_.where(), "a verity file is not mapped by extents");
  }
  if (filesystem_->edits && filesystem_->edits->ranges.contains(record_.facts.number.value)) {
    const auto mapped = map();
    if (!mapped) return fail(mapped.error());
    return find_verity(record_, filesystem_->block_size(), mapped->mapped_end(), past_eof);
  }
  const auto end = ExtentMap(filesystem_, record_.block_field(), record_.checksum_seed).end();
  if (!end) return fail(ErrorKind::kCorrupt, record_.where(), end.error().what);
  return find_verity(record_, filesystem_->block_size(), *end, past_eof);
}

}  // namespace coldread::ext4
