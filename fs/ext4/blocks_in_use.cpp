#include "fs/ext4/blocks_in_use.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "fs/ext4/bitmaps.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "fs/ext4/recovery_edits.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::size_t kMaxKept = 64;  // of at most 64 KiB each

/// A bitmap of what a group's own metadata takes.
class MetadataBits {
 public:
  MetadataBits(const Superblock& superblock, std::uint32_t group)
      : superblock_(superblock), first_(superblock.first_block_of_group(group)), bits_(superblock.block_size) {}

  void take(std::uint64_t block, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (block + i < first_ || block + i - first_ >= superblock_.blocks_per_group) continue;
      const std::uint64_t bit = (block + i - first_) / (superblock_.cluster_size / superblock_.block_size);
      bits_.at(bit / 8) |= std::byte{1} << (bit % 8);
    }
  }

  [[nodiscard]] Bytes bits() && { return std::move(bits_); }

 private:
  const Superblock& superblock_;
  std::uint64_t first_;
  Bytes bits_;
};

Bytes metadata_of(const Superblock& s, std::uint32_t group, const GroupDescriptor& descriptor) {
  MetadataBits bits(s, group);
  const std::uint64_t table = std::uint64_t{s.inodes_per_group} * s.inode_size;
  const std::uint64_t descriptors = std::uint64_t{s.group_count} * s.desc_size;
  // With meta_bg there are fewer of them; one too many taken costs a block that nobody had.
  const std::uint64_t copies = (descriptors + s.block_size - 1) / s.block_size + s.raw.s_reserved_gdt_blocks;
  bits.take(s.first_block_of_group(group),
            has_superblock(s, group) ? 1 + std::min<std::uint64_t>(copies, s.blocks_per_group) : 2);
  bits.take(descriptor.block_bitmap, 1);
  bits.take(descriptor.inode_bitmap, 1);
  bits.take(descriptor.inode_table, (table + s.block_size - 1) / s.block_size);
  return std::move(bits).bits();
}

}  // namespace

BlocksInUse::BlocksInUse(std::shared_ptr<const Filesystem> filesystem) : filesystem_(std::move(filesystem)) {
  if (!filesystem_->edits) return;
  for (const auto& [inode, edits] : filesystem_->edits->ranges) {
    for (const auto& [begin, edit] : edits.all()) {
      if (edit.kind != RangeEdit::Kind::kMapped && edit.kind != RangeEdit::Kind::kUnwritten) continue;
      std::uint64_t& end = given_[edit.start];
      end = std::max(end, edit.start + (edit.end - begin));
    }
  }
  // Where runs overlap, which sound ones do not, the earlier one's end may lie past the later one's.
  std::uint64_t reached = 0;
  for (auto& [begin, end] : given_) reached = end = std::max(end, reached);
}

BlockUse BlocksInUse::use_of(std::uint64_t block) const {
  const Superblock& s = filesystem_->superblock();
  if (!s.blocks_valid(block, 1)) return BlockUse::kInUse;
  const auto after = given_.upper_bound(block);
  if (after != given_.begin() && block < std::prev(after)->second) return BlockUse::kInUse;
  const std::uint64_t group = (block - s.first_data_block) / s.blocks_per_group;
  const Bits bits = bits_of(static_cast<std::uint32_t>(group));
  if (bits == nullptr) return BlockUse::kUnknown;
  const std::uint64_t within = (block - s.first_data_block) % s.blocks_per_group;
  const std::uint64_t bit = within / (s.cluster_size / s.block_size);
  const auto byte = ByteView(*bits).byte(bit / 8);
  if (!byte) return BlockUse::kUnknown;
  return *byte >> (bit % 8) & 1 ? BlockUse::kInUse : BlockUse::kFree;
}

BlocksInUse::Bits BlocksInUse::bits_of(std::uint32_t group) const {
  const std::lock_guard lock(mutex_);
  if (const auto kept = kept_.find(group); kept != kept_.end()) return kept->second;
  if (kept_.size() >= kMaxKept) kept_.clear();
  return kept_.emplace(group, read_group(group)).first->second;
}

BlocksInUse::Bits BlocksInUse::read_group(std::uint32_t group) const {
  Findings findings;
  const auto descriptor = read_descriptor(*filesystem_, group, findings);
  // A descriptor that had to be mended may be older than the bitmap's place or BLOCK_UNINIT.
  if (!descriptor || !findings.empty()) return nullptr;
  if (descriptor->flags & kBlockUninit) {
    return std::make_shared<const Bytes>(metadata_of(filesystem_->superblock(), group, *descriptor));
  }
  auto bitmap = read_bitmap(*filesystem_, *descriptor, Bitmap::kBlocks);
  if (!bitmap || !bitmap->checksum_good) return nullptr;
  return std::make_shared<const Bytes>(std::move(bitmap->bits));
}

}  // namespace coldread::ext4
