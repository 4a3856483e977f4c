#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/volume/inode.hpp"
#include "fs/ext4/block_fate.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// An inode as a transaction of the journal wrote it. What it points at is read as of then (AsOfSource, FreeBlocksMap):
/// from the journal where that has a copy, and else only from blocks that nothing has had since, as far as is known.
class OldExt4Inode final : public volume::Inode {
 public:
  /// `record` lies in the journal. `in_place` is true where its bytes are read at record.offset of the filesystem's
  /// source too.
  OldExt4Inode(std::shared_ptr<const BlockFates> fates, InodeRecord record, FileVersion version, bool in_place);

  [[nodiscard]] const volume::InodeFacts& facts() const override { return record_.facts; }
  [[nodiscard]] const Findings& findings() const override { return record_.findings; }
  /// Errors: as of any inode's, and kCorrupt where what is in the inode itself cannot be read from the filesystem's
  /// source: the journal is another device. Where blocks of an extent tree or of block numbers are involved, holes are
  /// faults unless the blocks that were found come to i_blocks: deleting a file empties such blocks bit by bit.
  [[nodiscard]] Result<read::FileMap> map() const override;
  [[nodiscard]] Result<volume::Directory> entries() const override;
  [[nodiscard]] Result<volume::Directory> deleted_entries() const override;
  [[nodiscard]] volume::Xattrs xattrs() const override { return then_.xattrs(); }
  [[nodiscard]] Result<Bytes> encryption_context() const override { return then_.encryption_context(); }
  [[nodiscard]] Result<volume::VerityLocation> locate_verity(const read::Reader& past_eof) const override {
    return then_.locate_verity(past_eof);
  }

 private:
  /// Why the map's holes are not to be believed; nothing where they are.
  [[nodiscard]] std::string hole_fault() const;
  [[nodiscard]] Result<volume::Directory> read_names(bool deleted) const;

  std::shared_ptr<const BlockFates> fates_;
  InodeRecord record_;
  FileVersion version_;
  bool in_place_;
  std::shared_ptr<const Filesystem> filesystem_then_;  ///< over an AsOfSource
  Ext4Inode then_;
};

}  // namespace coldread::ext4
