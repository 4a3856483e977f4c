#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "core/volume/inode.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// How an inode says where its bytes lie (Documentation/filesystems/ext4/ifork.rst, inlinedata.rst).
enum class Mapping : std::uint8_t {
  kNothing,     ///< devices, fifos, sockets
  kFastTarget,  ///< a symlink's target in i_block
  kExtents,
  kIndirect,    ///< blocks and indirect blocks, as in ext2
  kInlineData,  ///< in i_block and an attribute
  kEaInode,     ///< the value of an attribute of other inodes
};

/// The way in which the inode is mapped. A symlink without blocks, but for its attributes' block, is a fast one.
[[nodiscard]] Mapping mapping_of(const Filesystem& filesystem, const InodeRecord& inode);

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
