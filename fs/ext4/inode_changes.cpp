#include "fs/ext4/inode_changes.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/source/memory_source.hpp"
#include "core/source/overlay_source.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

void set_inode_checksum(const Superblock& superblock, InodeNumber number, Bytes& bytes) {
  if (!superblock.metadata_checksums) return;
  const auto generation = ByteView(bytes).load<Le32>(offsetof(RawInode, i_generation));
  const std::uint32_t seed =
      crc32c(crc32c(superblock.checksum_seed, bytes_of(Le32(static_cast<std::uint32_t>(number.value)))),
             bytes_of(*generation));
  const auto extra = ByteView(bytes).load<Le16>(offsetof(RawInode, i_extra_isize));
  const bool has_high = bytes.size() > kGoodOldInodeSize && extra &&
                        kGoodOldInodeSize + *extra >= offsetof(RawInode, i_checksum_hi) + sizeof(Le16);
  put(bytes, offsetof(RawInode, l_i_checksum_lo), Le16(0));
  if (has_high) put(bytes, offsetof(RawInode, i_checksum_hi), Le16(0));
  const std::uint32_t sum = crc32c(seed, bytes);
  put(bytes, offsetof(RawInode, l_i_checksum_lo), Le16(static_cast<std::uint16_t>(sum)));
  if (has_high) put(bytes, offsetof(RawInode, i_checksum_hi), Le16(static_cast<std::uint16_t>(sum >> 16)));
}

Result<Bytes> InodeChanges::bytes(InodeNumber number) const {
  if (const auto found = changed_.find(number.value); found != changed_.end()) return found->second.bytes;
  Findings findings;
  const auto offset = inode_offset(*filesystem_, number, findings);
  if (!offset) return fail(offset.error());
  Bytes bytes(filesystem_->superblock().inode_size);
  if (auto done = source::read_exactly(*filesystem_->source, *offset, bytes); !done) {
    return fail(std::move(done.error()));
  }
  return bytes;
}

Result<InodeRecord> InodeChanges::read(InodeNumber number) const {
  if (number.value < filesystem_->superblock().first_inode && number.value != kRootInode) {
    return fail(ErrorKind::kCorrupt, "inode " + std::to_string(number.value),
                "it is reserved for the filesystem itself");
  }
  auto found = bytes(number);
  if (!found) return fail(std::move(found.error()));
  Findings findings;
  const auto offset = inode_offset(*filesystem_, number, findings);
  if (!offset) return fail(offset.error());
  return parse_inode(*filesystem_, number, *std::move(found), *offset);
}

Result<void> InodeChanges::set(InodeNumber number, Bytes bytes) {
  Findings findings;
  const auto offset = inode_offset(*filesystem_, number, findings);
  if (!offset) return fail(offset.error());
  set_inode_checksum(filesystem_->superblock(), number, bytes);
  changed_[number.value] = {*offset, std::move(bytes)};
  return {};
}

Result<void> InodeChanges::set_links(const InodeRecord& inode, std::uint16_t links) {
  Bytes changed = inode.bytes;
  put(changed, offsetof(RawInode, i_links_count), Le16(links));
  return set(inode.facts.number, std::move(changed));
}

Result<void> InodeChanges::clear(const InodeRecord& inode) {
  Bytes changed = inode.bytes;
  put(changed, offsetof(RawInode, i_links_count), Le16(0));
  put(changed, offsetof(RawInode, i_size_lo), Le32(0));
  put(changed, offsetof(RawInode, i_size_high), Le32(0));
  put(changed, offsetof(RawInode, i_block), decltype(RawInode::i_block){});
  if (inode.has(kExtentsFlag)) put(changed, offsetof(RawInode, i_block), empty_extent_root());
  return set(inode.facts.number, std::move(changed));
}

std::vector<std::uint64_t> InodeChanges::numbers() const {
  std::vector<std::uint64_t> all;
  all.reserve(changed_.size());
  for (const auto& [number, changed] : changed_) all.push_back(number);
  return all;
}

std::shared_ptr<const source::BlockSource> InodeChanges::over_source() const {
  if (changed_.empty()) return filesystem_->source;
  Bytes all;
  std::vector<source::Replacement> replacements;
  for (const auto& [number, changed] : changed_) {
    replacements.push_back({{changed.offset, changed.bytes.size()}, 0, all.size()});
    all.insert(all.end(), changed.bytes.begin(), changed.bytes.end());
  }
  auto made = source::OverlaySource::make(
      filesystem_->source, {std::make_shared<const source::MemorySource>(std::move(all))}, std::move(replacements));
  // Two group descriptors that claim one inode table make two inodes of the same bytes.
  return made ? *std::move(made) : nullptr;
}

RawExtentHeader empty_extent_root() {
  RawExtentHeader header{};
  header.eh_magic = kExtentMagic;
  header.eh_max = (sizeof(RawInode::i_block) - sizeof(RawExtentHeader)) / sizeof(RawExtent);
  return header;
}

}  // namespace coldread::ext4
