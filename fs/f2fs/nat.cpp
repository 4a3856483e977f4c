#include "fs/f2fs/nat.hpp"

#include <string>
#include <utility>

namespace coldread::f2fs {

std::uint64_t nat_block_offset(const Superblock& superblock, const Checkpoint& checkpoint, std::uint32_t index) {
  const std::uint64_t segment = index / kBlocksPerSeg;
  const std::uint64_t copy = checkpoint.nat_bitmap.test(index) ? 1 : 0;
  return superblock.byte_of(superblock.raw.nat_blkaddr + (2 * segment + copy) * kBlocksPerSeg + index % kBlocksPerSeg);
}

Result<NodeAddress> find_node(const Filesystem& filesystem, std::uint32_t nid) {
  const Superblock& s = filesystem.superblock();
  const std::string where = "node " + std::to_string(nid);
  if (nid == 0 || nid >= s.max_nid) return fail(ErrorKind::kCorrupt, where, "there is no such node");
  RawNatEntry entry{};
  if (const auto journaled = filesystem.journals.nat.find(nid); journaled != filesystem.journals.nat.end()) {
    entry = journaled->second;
  } else {
    const std::uint32_t per_block = s.nat_entries_per_block();
    const std::uint64_t offset = nat_block_offset(s, filesystem.checkpoint, nid / per_block) +
                                 std::uint64_t{nid % per_block} * sizeof(RawNatEntry);
    auto read = source::read_struct<RawNatEntry>(*filesystem.source, offset);
    if (!read) return fail(ErrorKind::kRead, where, "its NAT entry: " + read.error().message());
    entry = *read;
  }
  const std::uint32_t block = entry.block_addr;
  if (block != kNullAddr && block != kNewAddr && !s.in_main_area(block)) {
    return fail(ErrorKind::kCorrupt, where,
                "its NAT entry names block " + std::to_string(block) + ", where no node can be");
  }
  return NodeAddress{entry.ino, block};
}

}  // namespace coldread::f2fs
