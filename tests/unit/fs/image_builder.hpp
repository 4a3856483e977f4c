#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/source/memory_source.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4::test {

/// An ext4 filesystem made by hand: one group of 256 blocks of 1 KiB, 32 inodes of 256 bytes. The superblock is in
/// block 1, the group's descriptor in block 2, the inodes in blocks 5 to 12; blocks from 20 on are the test's own.
class ImageBuilder {
 public:
  static constexpr std::uint32_t kBlockSize = 1024;
  static constexpr std::uint64_t kBlocks = 256;
  static constexpr std::uint32_t kInodeTable = 5;
  static constexpr std::uint32_t kInodeSize = 256;
  static constexpr std::uint32_t kFile = 12;  ///< an inode for the test's own file

  ImageBuilder() : bytes(kBlocks * kBlockSize) {
    super.s_inodes_count = 32;
    super.s_blocks_count_lo = static_cast<std::uint32_t>(kBlocks);
    super.s_first_data_block = 1;
    super.s_blocks_per_group = 8192;
    super.s_clusters_per_group = 8192;
    super.s_inodes_per_group = 32;
    super.s_magic = kSuperMagic;
    super.s_state = 1;
    super.s_rev_level = 1;
    super.s_first_ino = 11;
    super.s_inode_size = static_cast<std::uint16_t>(kInodeSize);
    super.s_feature_incompat = 0x2 | 0x40;  // filetype, extent
    RawGroupDescriptor group{};
    group.bg_inode_table_lo = kInodeTable;
    put(std::uint64_t{2} * kBlockSize, group);
  }

  template <class T>
  void put(std::uint64_t offset, const T& value) {
    put_bytes(offset, bytes_of(value));
  }
  void put_bytes(std::uint64_t offset, ByteSpan value) {
    std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  static constexpr std::uint64_t inode_at(std::uint32_t number) {
    return std::uint64_t{kInodeTable} * kBlockSize + std::uint64_t{number - 1} * kInodeSize;
  }
  void put_inode(std::uint32_t number, const RawInode& inode) { put(inode_at(number), inode); }

  /// The image with its superblock, as a source.
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() {
    put(kSuperblockOffset, super);
    return std::make_shared<source::MemorySource>(bytes);
  }
  /// The image as a filesystem whose superblock was found.
  [[nodiscard]] std::shared_ptr<const Filesystem> filesystem() {
    put(kSuperblockOffset, super);
    return std::make_shared<const Filesystem>(
        Filesystem{source(), {parse_superblock(ByteView(bytes_of(super))).value(), kSuperblockOffset, 0, {}}});
  }

  Bytes bytes;
  RawSuperblock super{};
};

/// A regular file (or what `mode` says) with one link, no content and a mapping by extents.
inline RawInode make_inode(std::uint16_t mode = 0100644) {
  RawInode inode{};
  inode.i_mode = mode;
  inode.i_links_count = 1;
  inode.i_flags = kExtentsFlag;
  inode.i_extra_isize = 32;
  return inode;
}

/// An extent tree's node: its header and entries, `size` bytes long.
template <class Entry>
Bytes make_node(std::uint16_t depth, const std::vector<Entry>& entries, std::size_t size) {
  Bytes node(size);
  RawExtentHeader header{};
  header.eh_magic = kExtentMagic;
  header.eh_entries = static_cast<std::uint16_t>(entries.size());
  header.eh_max = static_cast<std::uint16_t>((size - sizeof(header)) / sizeof(Entry));
  header.eh_depth = depth;
  std::memcpy(node.data(), &header, sizeof(header));
  auto out = node.begin() + sizeof(header);
  for (const Entry& entry : entries) {
    const ByteSpan bytes = bytes_of(entry);
    out = std::copy(bytes.begin(), bytes.end(), out);
  }
  return node;
}

inline RawExtent extent(std::uint32_t file_block, std::uint16_t length, std::uint64_t start) {
  return {file_block, length, static_cast<std::uint16_t>(start >> 32), static_cast<std::uint32_t>(start)};
}

inline RawExtentIndex index(std::uint32_t file_block, std::uint64_t leaf) {
  return {file_block, static_cast<std::uint32_t>(leaf), static_cast<std::uint16_t>(leaf >> 32), 0};
}

/// Puts a root node (60 bytes) into an inode.
inline void set_root(RawInode& inode, const Bytes& root) { std::memcpy(&inode.i_block, root.data(), 60); }

/// One directory entry with a record of `rec_len` bytes.
inline Bytes dirent(std::uint32_t inode, std::uint16_t rec_len, std::string_view name, std::uint8_t file_type = 1) {
  const RawDirEntry entry{inode, rec_len, static_cast<std::uint8_t>(name.size()), file_type};
  Bytes bytes(std::max<std::size_t>(sizeof(entry) + name.size(), rec_len));
  std::memcpy(bytes.data(), &entry, sizeof(entry));
  std::copy_n(as_bytes(name).begin(), name.size(), bytes.begin() + sizeof(entry));
  return bytes;
}

inline Bytes concat(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace coldread::ext4::test
