#include <algorithm>
#include <memory>
#include <utility>

#include "core/source/memory_source.hpp"
#include "core/volume/posix_acl.hpp"
#include "fs/ext4/dirhash.hpp"
#include "fs/ext4/dx_block.hpp"
#include "fs/ext4/extent_map.hpp"
#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/xattr.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// One inode of 256 bytes, its block of attributes, and parsers that take a single block, each over the bytes as they
// are: parse_inode, read_xattrs, read_encryption_context, convert_acl, ExtentNode::parse, root_depth, parse_dx_root,
// is_dx_node, directory_block_checksum_good, dirhash.

namespace coldread::fuzz {
namespace {

using namespace coldread::ext4;  // NOLINT(google-build-using-namespace): the parsers under test

constexpr std::size_t kInodeSize = 256;
constexpr std::size_t kBlockSize = 1024;
constexpr std::uint32_t kAttributeBlock = 3;
constexpr InodeNumber kNumber{12};

Bytes padded(ByteView bytes, std::size_t size) {
  Bytes whole = bytes.copy();
  whole.resize(size);
  return whole;
}

/// Four blocks of 1 KiB, the last of which holds attributes.
std::shared_ptr<const Filesystem> filesystem_with(ByteView block, bool checksums) {
  Bytes image(kAttributeBlock * kBlockSize);
  const Bytes attributes = padded(block, kBlockSize);
  image.insert(image.end(), attributes.begin(), attributes.end());
  Filesystem filesystem;
  filesystem.source = std::make_shared<source::MemorySource>(std::move(image));
  Superblock& s = filesystem.found.superblock;
  s.raw = {};
  s.block_size = kBlockSize;
  s.block_bits = 10;
  s.blocks_count = kAttributeBlock + 1;
  s.first_data_block = 1;
  s.blocks_per_group = s.clusters_per_group = 8192;
  s.cluster_size = kBlockSize;
  s.inodes_per_group = s.inodes_count = 16;
  s.group_count = 1;
  s.first_inode = 11;
  s.inode_size = kInodeSize;
  s.desc_size = 32;
  s.metadata_checksums = checksums;
  return std::make_shared<const Filesystem>(std::move(filesystem));
}

void check_attributes(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode) {
  const volume::Xattrs xattrs = read_xattrs(filesystem, inode);
  const auto not_rising = [](const volume::Xattr& a, const volume::Xattr& b) { return a.name >= b.name; };
  require(std::adjacent_find(xattrs.list.begin(), xattrs.list.end(), not_rising) == xattrs.list.end(),
          "attributes are sorted, each name once");
  for (const volume::Xattr& xattr : xattrs.list) {
    // An ACL entry of 4 bytes becomes one of 8.
    require(xattr.value.size() <= 2 * kBlockSize + 4, "a value is no larger than what holds it");
  }
  if (const auto context = read_encryption_context(*filesystem, inode)) {
    require(context->size() <= kBlockSize, "a context is no larger than what holds it");
  }
}

void look_at_inode(Input& input) {
  const auto choices = input.number<std::uint8_t>();
  Bytes bytes = padded(input.take(kInodeSize), kInodeSize);
  const ByteView block = input.take(kBlockSize);
  const auto filesystem = filesystem_with(block, (choices & 1) != 0);
  if ((choices & 2) == 0) {
    const Le32 attribute_block(kAttributeBlock);
    const ByteSpan field = bytes_of(attribute_block);
    std::copy(field.begin(), field.end(), bytes.begin() + offsetof(RawInode, i_file_acl_lo));
  }
  const auto inode = parse_inode(*filesystem, kNumber, std::move(bytes), kBlockSize);
  if (!inode) return;
  check_attributes(filesystem, *inode);
  const ExtentMap map(filesystem, inode->block_field(), inode->checksum_seed);
  static_cast<void>(map.end());
  static_cast<void>(map.piece(0, ~std::uint64_t{0}));
}

void look_at_block(ByteView block) {
  if (const auto acl = volume::convert_acl(block))
    require(acl->size() <= 2 * block.size() + 4, "an ACL doubles at most");
  if (const auto depth = root_depth(block)) require(*depth <= kMaxExtentDepth, "a depth is one that can be");
  for (unsigned depth = 0; depth <= kMaxExtentDepth; ++depth) {
    const auto node = ExtentNode::parse(block, depth, {0, kMaxFileBlocks}, depth == 0);
    if (!node) continue;
    for (std::uint32_t i = 0; i < node->entries(); ++i) {
      static_cast<void>(node->extent(i));
      static_cast<void>(node->child(i));
    }
  }
  const auto filesystem = filesystem_with(block, true);
  for (const bool folded : {false, true}) static_cast<void>(parse_dx_root(block, filesystem->superblock(), folded));
  static_cast<void>(is_dx_node(block));
  for (const bool is_root : {false, true}) {
    static_cast<void>(directory_block_checksum_good(block, 0, true, is_root));
    static_cast<void>(directory_block_checksum_good(block, 0, false, is_root));
  }
  for (std::uint8_t version = 0; version < 3; ++version) {
    for (const bool is_unsigned : {false, true}) {
      const auto known = hash_version(version, is_unsigned);
      require(known.has_value(), "three hashes are known");
      const auto hash = dirhash(*block.sub(0, std::min<std::size_t>(block.size(), 255)), {*known, {}});
      require((hash[0] & 1) == 0, "the lowest bit of a hash is 0");
    }
  }
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::look_at_inode(input);
  coldread::fuzz::Input again(data, size);
  coldread::fuzz::look_at_block(again.rest());
  return 0;
}
