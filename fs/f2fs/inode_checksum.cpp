#include "fs/f2fs/inode_checksum.hpp"

#include <algorithm>

#include "core/base/crc32.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::size_t kField = sizeof(RawInode) + offsetof(RawExtraAttr, i_inode_checksum);

bool has_checksum(const Superblock& s, ByteView node) {
  if (!s.has(kFeatureInodeChksum)) return false;
  if ((*node.byte(offsetof(RawInode, i_inline)) & kExtraAttr) == 0) return false;
  return sizeof(RawInode) + *node.load<Le16>(sizeof(RawInode)) >= kField + sizeof(Le32);
}

std::uint32_t sum_of(const Superblock& s, ByteView node) {
  const auto footer = *node.load<RawNodeFooter>(node.size() - sizeof(RawNodeFooter));
  std::uint32_t sum = crc32(s.inode_checksum_seed, bytes_of(footer.ino));
  sum = crc32(sum, node.sub(offsetof(RawInode, i_generation), sizeof(Le32))->span());
  sum = crc32(sum, node.span().first(kField));
  sum = crc32(sum, bytes_of(Le32{}));
  return crc32(sum, node.span().subspan(kField + sizeof(Le32)));
}

}  // namespace

bool inode_checksum_good(const Superblock& superblock, const Bytes& node) {
  const ByteView view(node);
  return !has_checksum(superblock, view) || sum_of(superblock, view) == *view.load<Le32>(kField);
}

void set_inode_checksum(const Superblock& superblock, Bytes& node) {
  if (!has_checksum(superblock, node)) return;
  const Le32 sum = sum_of(superblock, node);
  const ByteSpan bytes = bytes_of(sum);
  std::copy(bytes.begin(), bytes.end(), node.begin() + kField);
}

}  // namespace coldread::f2fs
