#pragma once

#include <memory>
#include <utility>

#include "core/volume/inode.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// An inode of an ext2, ext3 or ext4 filesystem.
class Ext4Inode final : public volume::Inode {
 public:
  Ext4Inode(std::shared_ptr<const Filesystem> filesystem, InodeRecord record)
      : filesystem_(std::move(filesystem)), record_(std::move(record)) {}

  [[nodiscard]] const volume::InodeFacts& facts() const override { return record_.facts; }
  [[nodiscard]] const Findings& findings() const override { return record_.findings; }
  [[nodiscard]] Result<read::FileMap> map() const override;
  [[nodiscard]] Result<volume::Directory> entries() const override;
  [[nodiscard]] volume::Xattrs xattrs() const override;
  [[nodiscard]] Result<Bytes> encryption_context() const override;
  [[nodiscard]] Result<volume::VerityLocation> locate_verity(const read::Reader& past_eof) const override;

 private:
  std::shared_ptr<const Filesystem> filesystem_;
  InodeRecord record_;
};

}  // namespace coldread::ext4
