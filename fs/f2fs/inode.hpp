#pragma once

#include <memory>
#include <utility>

#include "core/volume/inode.hpp"
#include "fs/f2fs/filesystem.hpp"
#include "fs/f2fs/inode_record.hpp"

namespace coldread::f2fs {

/// An inode of an f2fs filesystem.
class F2fsInode final : public volume::Inode {
 public:
  F2fsInode(std::shared_ptr<const Filesystem> filesystem, InodeRecord record)
      : filesystem_(std::move(filesystem)), record_(std::move(record)) {}

  [[nodiscard]] const volume::InodeFacts& facts() const override { return record_.facts; }
  [[nodiscard]] const Findings& findings() const override { return record_.findings; }
  [[nodiscard]] Result<read::FileMap> map() const override;
  [[nodiscard]] Result<volume::Directory> entries() const override;
  [[nodiscard]] Result<volume::Directory> deleted_entries() const override;
  [[nodiscard]] volume::Xattrs xattrs() const override;
  [[nodiscard]] Result<Bytes> encryption_context() const override;
  [[nodiscard]] Result<volume::VerityLocation> locate_verity(const read::Reader& past_eof) const override;

 private:
  std::shared_ptr<const Filesystem> filesystem_;
  InodeRecord record_;
};

}  // namespace coldread::f2fs
