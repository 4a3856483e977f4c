#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// The inodes that recovery changes, as bytes: of each the whole record, with its checksum made anew in the end.
class InodeChanges {
 public:
  explicit InodeChanges(std::shared_ptr<const Filesystem> filesystem) : filesystem_(std::move(filesystem)) {}

  /// The bytes of an inode as they stand, whether it is in use or not. Errors: kCorrupt (no such number), kRead.
  [[nodiscard]] Result<Bytes> bytes(InodeNumber number) const;
  /// The inode as it stands, where a directory may name it and it is in use (as the kernel's ext4_iget). Errors:
  /// kCorrupt, kRead.
  [[nodiscard]] Result<InodeRecord> read(InodeNumber number) const;

  /// Takes an inode's bytes, of the superblock's inode_size. Errors as bytes().
  Result<void> set(InodeNumber number, Bytes bytes);
  /// Sets i_links_count.
  Result<void> set_links(const InodeRecord& inode, std::uint16_t links);
  /// Deletes an inode whose last link is gone: no size, no links, nothing mapped.
  Result<void> clear(const InodeRecord& inode);

  /// Of the inodes that are changed, ascending.
  [[nodiscard]] std::vector<std::uint64_t> numbers() const;
  /// The filesystem's bytes with the changed inodes over them; null where two of the inodes lie at the same bytes.
  [[nodiscard]] std::shared_ptr<const source::BlockSource> over_source() const;

 private:
  struct Changed {
    std::uint64_t offset = 0;  // in the filesystem's source
    Bytes bytes;
  };

  std::shared_ptr<const Filesystem> filesystem_;
  std::map<std::uint64_t, Changed> changed_;
};

/// Writes the checksum of an inode's bytes into them, where the filesystem has metadata checksums (checksums.rst).
void set_inode_checksum(const Superblock& superblock, InodeNumber number, Bytes& bytes);

/// The root of an extent tree that maps nothing, as it begins i_block.
[[nodiscard]] RawExtentHeader empty_extent_root();

/// Puts an on-disk structure into bytes; it fits.
template <class T>
void put(Bytes& bytes, std::size_t offset, const T& value) {
  const ByteSpan from = bytes_of(value);
  std::copy(from.begin(), from.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace coldread::ext4
