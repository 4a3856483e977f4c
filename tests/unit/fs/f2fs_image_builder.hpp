#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "fs/f2fs/filesystem.hpp"
#include "fs/f2fs/inode_record.hpp"
#include "fs/f2fs/layout.hpp"
#include "fs/f2fs/node.hpp"
#include "fs/f2fs/volume.hpp"
#include "tests/support/sparse_source.hpp"

namespace coldread::f2fs::test {

/// f2fs's CRC-32, a byte at a time.
inline std::uint32_t checksum(std::uint32_t sum, ByteSpan bytes) {
  static const auto kTable = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t byte = 0; byte < made.size(); ++byte) {
      made[byte] = byte;
      for (int bit = 0; bit < 8; ++bit) made[byte] = (made[byte] >> 1) ^ (made[byte] & 1 ? 0xEDB88320u : 0u);
    }
    return made;
  }();
  for (const std::byte byte : bytes) sum = (sum >> 8) ^ kTable[(sum ^ static_cast<std::uint32_t>(byte)) & 0xff];
  return sum;
}

template <class T>
void patch(Bytes& bytes, std::size_t offset, const T& value) {
  const ByteSpan span = bytes_of(value);
  std::copy(span.begin(), span.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

inline void patch_bytes(Bytes& bytes, std::size_t offset, ByteSpan value) {
  std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// A name in an area of directory entries.
struct Dentry {
  std::uint32_t slot = 0;
  std::uint32_t ino = 0;
  std::string name;
  std::uint32_t hash = 0;
  std::uint8_t type = 1;
  bool in_use = true;
  std::optional<std::uint16_t> name_len = {};  ///< the name's, where it is not said
};

/// Puts entries into an area of `size` bytes at `offset`, with room for `slots` of them: the bitmap is at its start,
/// the names at its end.
inline void put_dentries(Bytes& bytes, std::size_t offset, std::size_t size, std::uint32_t slots,
                         const std::vector<Dentry>& dentries) {
  const std::size_t names = offset + size - std::size_t{slots} * 8;
  const std::size_t entries = names - std::size_t{slots} * 11;
  for (const Dentry& d : dentries) {
    const std::uint16_t length = d.name_len.value_or(static_cast<std::uint16_t>(d.name.size()));
    patch(bytes, entries + std::size_t{d.slot} * 11, RawDirEntry{d.hash, d.ino, length, d.type});
    patch_bytes(bytes, names + std::size_t{d.slot} * 8, as_bytes(d.name));
    for (std::uint32_t slot = d.slot; d.in_use && slot < slots && slot < d.slot + std::max(1u, (length + 7u) / 8);
         ++slot) {
      bytes[offset + slot / 8] |= std::byte{static_cast<std::uint8_t>(1u << (slot % 8))};
    }
  }
}

/// An attribute as it is stored, padded to 4 bytes.
inline Bytes xattr_entry(std::uint8_t index, std::string_view name, std::string_view value) {
  const RawXattrEntry raw{index, static_cast<std::uint8_t>(name.size()), static_cast<std::uint16_t>(value.size())};
  Bytes bytes((sizeof(raw) + name.size() + value.size() + 3) / 4 * 4);
  patch(bytes, 0, raw);
  patch_bytes(bytes, sizeof(raw), as_bytes(name));
  patch_bytes(bytes, sizeof(raw) + name.size(), as_bytes(value));
  return bytes;
}

/// The start of an area of attributes, with those given.
inline Bytes xattr_area(std::initializer_list<Bytes> entries, std::uint32_t magic = kXattrMagic) {
  Bytes area(sizeof(RawXattrHeader));
  patch(area, 0, RawXattrHeader{magic, 1, {}});
  for (const Bytes& entry : entries) area.insert(area.end(), entry.begin(), entry.end());
  return area;
}

/// What an inode's node block is made of.
struct InodeImage {
  explicit InodeImage(std::uint16_t mode = 0100644) {
    raw.i_mode = mode;
    raw.i_links = 1;
    raw.i_blocks = 1;
  }

  RawInode raw{};
  std::optional<RawExtraAttr> extra = {};             ///< i_extra_isize bytes of it are there
  std::map<std::uint32_t, std::uint32_t> addrs = {};  ///< by their index behind the extra attributes
  std::array<std::uint32_t, 5> nids{};
  Bytes inline_bytes = {};   ///< from the second word behind the extra attributes on
  Bytes inline_xattrs = {};  ///< at the end of i_addr, in `xattr_words` words
  std::uint32_t xattr_words = 50;
};

/// Where a node stands and what its footer says beyond its number.
struct Mark {
  std::uint32_t flags = 0;  ///< kFsyncMark, kDentryMark
  std::uint64_t cp_ver = 1;
  std::uint32_t next = 0;
};

/// One checkpoint pack. What is absent is as mkfs would make it.
struct Pack {
  bool present = true;
  RawCheckpoint raw{};
  Bytes nat_bitmap;
  Bytes sit_bitmap;
  std::vector<RawNatJournalEntry> nat_journal = {};
  std::vector<RawSitJournalEntry> sit_journal = {};
  std::optional<std::uint16_t> nat_journal_count = {};  ///< that it claims
  std::optional<std::uint16_t> sit_journal_count = {};
  std::vector<std::uint32_t> orphans = {};
  std::optional<std::uint32_t> orphan_count = {};  ///< that the block of orphans claims
  std::optional<std::uint64_t> tail_version = {};  ///< of its last block, where that is not the first's
  std::optional<std::uint32_t> total_blocks = {};
  std::optional<std::uint32_t> start_sum = {};
};

/// An f2fs filesystem made by hand: checkpoints in segments 0 and 1, SIT, NAT (two segments a copy), SSA, and a main
/// area of 16 segments whose first six are the logs that are being filled. Blocks are counted from the start of it by
/// main(). Only what is written takes memory.
class ImageBuilder {
 public:
  static constexpr std::uint32_t kFile = 5;        ///< an inode for the test's own file
  static constexpr std::uint32_t kSegment0 = 512;  ///< the block where segment 0 begins
  static constexpr std::uint32_t kSitSegments = 2;
  static constexpr std::uint32_t kNatSegments = 4;
  static constexpr std::uint32_t kMainSegments = 16;
  static constexpr std::uint32_t kSegments = 2 + kSitSegments + kNatSegments + 1 + kMainSegments;
  static constexpr std::uint32_t kChain = 512;   ///< where the warm node log goes on, as main() counts
  static constexpr std::uint64_t kVersion = 10;  ///< of the newer checkpoint, which is in pack 1

  explicit ImageBuilder(unsigned block_bits = 12)
      : bits(block_bits),
        disk(std::make_shared<coldread::test::SparseSource>(std::uint64_t{kSegment0 + kSegments * kBlocksPerSeg}
                                                            << block_bits)) {
    super.magic = kSuperMagic;
    super.major_ver = 1;
    super.minor_ver = 16;
    super.log_sectorsize = 9;
    super.log_sectors_per_block = block_bits - 9;
    super.log_blocksize = block_bits;
    super.log_blocks_per_seg = kBlocksPerSegBits;
    super.segs_per_sec = 1;
    super.secs_per_zone = 1;
    super.block_count = kSegment0 + kSegments * kBlocksPerSeg;
    super.section_count = kMainSegments;
    super.segment_count = kSegments;
    super.segment_count_ckpt = 2;
    super.segment_count_sit = kSitSegments;
    super.segment_count_nat = kNatSegments;
    super.segment_count_ssa = 1;
    super.segment_count_main = kMainSegments;
    super.segment0_blkaddr = super.cp_blkaddr = kSegment0;
    super.sit_blkaddr = super.cp_blkaddr + 2 * kBlocksPerSeg;
    super.nat_blkaddr = super.sit_blkaddr + kSitSegments * kBlocksPerSeg;
    super.ssa_blkaddr = super.nat_blkaddr + kNatSegments * kBlocksPerSeg;
    super.main_blkaddr = super.ssa_blkaddr + kBlocksPerSeg;
    super.root_ino = 3;
    super.node_ino = 1;
    super.meta_ino = 2;
    for (std::size_t i = 0; i < super.uuid.size(); ++i) super.uuid[i] = static_cast<std::uint8_t>(i + 1);
    for (unsigned i = 0; i < 2; ++i) {
      RawCheckpoint& raw = packs[i].raw;
      raw.checkpoint_ver = kVersion - i;
      raw.user_block_count = 4096;
      raw.valid_block_count = 2;
      raw.ckpt_flags = kCpUmountFlag;
      raw.checksum_offset = block_size() - 4;
      raw.sit_ver_bitmap_bytesize = kSitSegments / 2 * kBlocksPerSeg / 8;
      raw.nat_ver_bitmap_bytesize = kNatSegments / 2 * kBlocksPerSeg / 8;
      for (std::uint32_t log = 0; log < 3; ++log) {
        raw.cur_node_segno[log] = log;
        raw.cur_data_segno[log] = 3 + log;
      }
      packs[i].nat_bitmap.resize(raw.nat_ver_bitmap_bytesize);
      packs[i].sit_bitmap.resize(raw.sit_ver_bitmap_bytesize);
    }
  }

  [[nodiscard]] std::uint32_t block_size() const { return 1u << bits; }
  [[nodiscard]] std::uint64_t byte_of(std::uint64_t block) const { return block << bits; }
  /// The `index`-th block of the main area.
  [[nodiscard]] std::uint32_t main(std::uint32_t index) const { return super.main_blkaddr + index; }

  template <class T>
  void put(std::uint64_t offset, const T& value) {
    disk->put(offset, bytes_of(value));
  }
  void put_block(std::uint32_t block, ByteSpan bytes) { disk->put(byte_of(block), bytes); }

  /// A block of which each byte is `fill`.
  void fill_block(std::uint32_t block, char fill) { put_block(block, as_bytes(std::string(block_size(), fill))); }

  void put_nat(std::uint32_t nid, std::uint32_t ino, std::uint32_t block, unsigned copy = 0) {
    const std::uint32_t per_block = block_size() / 9;
    const std::uint32_t index = nid / per_block;
    const std::uint64_t at =
        std::uint64_t{super.nat_blkaddr} + (std::uint64_t{2} * (index / 512) + copy) * 512 + index % 512;
    put(byte_of(at) + std::uint64_t{nid % per_block} * 9, RawNatEntry{0, ino, block});
  }

  /// Says in a copy of the SIT that a segment has these blocks (counted from its start) in use.
  void put_sit(std::uint32_t segment, std::initializer_list<std::uint32_t> used, unsigned copy = 0) {
    const std::uint32_t per_block = block_size() / 74;
    const std::uint64_t at = std::uint64_t{super.sit_blkaddr} + std::uint64_t{copy} * 512 + segment / per_block;
    put(byte_of(at) + std::uint64_t{segment % per_block} * 74, sit_entry(used));
  }
  static RawSitEntry sit_entry(std::initializer_list<std::uint32_t> used) {
    RawSitEntry entry{};
    entry.vblocks = static_cast<std::uint16_t>(used.size() | (3u << 10));
    for (const std::uint32_t block : used) entry.valid_map[block / 8] |= static_cast<std::uint8_t>(0x80u >> block % 8);
    return entry;
  }

  /// A node that is no inode; `entries` are addresses or node numbers by their index.
  [[nodiscard]] Bytes node(std::uint32_t nid, std::uint32_t ino, std::uint32_t offset,
                           const std::map<std::uint32_t, std::uint32_t>& entries, const Mark& mark = {}) const {
    Bytes bytes(block_size());
    for (const auto& [index, value] : entries) patch(bytes, std::size_t{index} * 4, Le32(value));
    put_footer(bytes, nid, ino, offset, mark);
    return bytes;
  }

  [[nodiscard]] Bytes inode(std::uint32_t nid, const InodeImage& image, const Mark& mark = {}) const {
    Bytes bytes(block_size());
    patch(bytes, 0, image.raw);
    std::size_t at = sizeof(RawInode);
    if (image.extra) {
      const std::size_t size = std::min<std::size_t>(image.extra->i_extra_isize, sizeof(RawExtraAttr));
      patch_bytes(bytes, at, bytes_of(*image.extra).first(size));
      if (size < 2) patch(bytes, at, image.extra->i_extra_isize);
      bytes[offsetof(RawInode, i_inline)] |= std::byte{kExtraAttr};
      at += std::size_t{image.extra->i_extra_isize.get()} / 4 * 4;
    }
    for (const auto& [index, value] : image.addrs) patch(bytes, at + std::size_t{index} * 4, Le32(value));
    if (!image.inline_bytes.empty()) patch_bytes(bytes, at + 4, image.inline_bytes);
    const std::size_t end = bytes.size() - sizeof(RawNodeFooter) - 20;
    if (!image.inline_xattrs.empty()) {
      patch_bytes(bytes, end - std::size_t{image.xattr_words} * 4, image.inline_xattrs);
      bytes[offsetof(RawInode, i_inline)] |= std::byte{kInlineXattr};
    }
    for (unsigned i = 0; i < 5; ++i) patch(bytes, end + std::size_t{i} * 4, Le32(image.nids[i]));
    put_footer(bytes, nid, nid, 0, mark);
    return bytes;
  }

  /// Puts a node into a block of the main area and tells the NAT.
  void add_node(std::uint32_t nid, std::uint32_t ino, std::uint32_t index, const Bytes& bytes) {
    put_block(main(index), bytes);
    put_nat(nid, ino, main(index));
  }
  void add_inode(std::uint32_t nid, std::uint32_t index, const InodeImage& image) {
    add_node(nid, nid, index, inode(nid, image));
  }

  /// A directory whose names are in its inode.
  [[nodiscard]] InodeImage inline_dir(const std::vector<Dentry>& dentries) const {
    InodeImage image(040755);
    image.raw.i_links = 2;
    image.raw.i_inline = kInlineDentry | kDataExist;
    image.inline_bytes.resize(block_size() - 360 - 24 - 20 - 4 - 200);
    image.raw.i_size = image.inline_bytes.size();
    const auto slots = static_cast<std::uint32_t>(image.inline_bytes.size() * 8 / 153);
    put_dentries(image.inline_bytes, 0, image.inline_bytes.size(), slots, dentries);
    return image;
  }
  /// A block of a directory.
  [[nodiscard]] Bytes dentry_block(const std::vector<Dentry>& dentries) const {
    Bytes bytes(block_size());
    put_dentries(bytes, 0, bytes.size(), block_size() * 8 / 153, dentries);
    return bytes;
  }

  /// Writes superblocks and checkpoints.
  void finish() {
    if (super.feature & kFeatureSbChksum) {
      super.checksum_offset = static_cast<std::uint32_t>(offsetof(RawSuperblock, crc));
      super.crc = checksum(kSuperMagic, bytes_of(super).first(offsetof(RawSuperblock, crc)));
    }
    put(kSuperOffset, super);
    put(block_size() + kSuperOffset, super);
    for (unsigned i = 0; i < 2; ++i) {
      if (packs[i].present) write_pack(packs[i], super.cp_blkaddr + i * kBlocksPerSeg);
    }
  }

  [[nodiscard]] std::shared_ptr<const coldread::test::SparseSource> source() {
    finish();
    return disk;
  }
  /// As the newer checkpoint (or the one of that version) has it, without roll-forward.
  [[nodiscard]] std::shared_ptr<const Filesystem> filesystem(std::optional<std::uint64_t> version = {}) {
    finish();
    FoundSuperblock found = find_superblock(*disk).value();
    const CheckpointPacks read = read_checkpoints(*disk, found.superblock);
    const Checkpoint chosen = *choose_checkpoint(read, version).value();
    SummaryJournals journals = read_summary_journals(*disk, found.superblock, chosen);
    return std::make_shared<const Filesystem>(
        Filesystem{disk, std::move(found), chosen, std::move(journals), nullptr, nullptr});
  }
  [[nodiscard]] Result<std::shared_ptr<const volume::Volume>> open(const OpenOptions& options = {}) {
    return f2fs::open(source(), options);
  }
  /// The CRC of a pack's first block, which roll-forward marks its nodes with.
  [[nodiscard]] std::uint32_t pack_crc(unsigned pack) {
    finish();
    return source::read_struct<Le32>(*disk,
                                     byte_of(super.cp_blkaddr + pack * kBlocksPerSeg) + packs[pack].raw.checksum_offset)
        .value();
  }

  unsigned bits;
  std::shared_ptr<coldread::test::SparseSource> disk;
  RawSuperblock super{};
  std::array<Pack, 2> packs;

 private:
  static void put_footer(Bytes& bytes, std::uint32_t nid, std::uint32_t ino, std::uint32_t offset, const Mark& mark) {
    patch(bytes, bytes.size() - sizeof(RawNodeFooter),
          RawNodeFooter{nid, ino, mark.flags | offset << kNodeOffsetShift, mark.cp_ver, mark.next});
  }

  [[nodiscard]] std::uint32_t summary_size() const { return super.feature & kFeaturePackedSsa ? 4096 : block_size(); }

  template <class Entry>
  static void put_journal(Bytes& bytes, std::size_t at, const std::vector<Entry>& entries,
                          std::optional<std::uint16_t> count) {
    patch(bytes, at, Le16(count.value_or(static_cast<std::uint16_t>(entries.size()))));
    for (std::size_t i = 0; i < entries.size(); ++i) patch(bytes, at + 2 + i * sizeof(Entry), entries[i]);
  }

  void write_pack(const Pack& pack, std::uint32_t first) {
    const bool compact = pack.raw.ckpt_flags & kCpCompactSumFlag;
    const bool nodes = pack.raw.ckpt_flags & (kCpUmountFlag | kCpFastbootFlag);
    const std::uint32_t orphan_blocks = pack.raw.ckpt_flags & kCpOrphanPresentFlag ? 1 : 0;
    const std::uint32_t start_sum = 1 + super.cp_payload + orphan_blocks;
    const std::uint32_t total = start_sum + (compact ? 1 : 3) + (nodes ? 3 : 0) + 1;

    if (orphan_blocks) {
      Bytes bytes(block_size());
      for (std::size_t i = 0; i < pack.orphans.size(); ++i) patch(bytes, i * 4, Le32(pack.orphans[i]));
      const auto count = static_cast<std::uint32_t>(pack.orphans.size());
      patch(bytes, bytes.size() - 16, RawOrphanFooter{0, 1, 1, pack.orphan_count.value_or(count), 0});
      put_block(first + start_sum - 1, bytes);
    }
    const std::size_t entries = std::size_t{summary_size()} / 8 * 7;
    const std::size_t journal = summary_size() - 5 - entries;
    Bytes hot(block_size());
    Bytes cold(block_size());
    put_journal(hot, compact ? 0 : entries, pack.nat_journal, pack.nat_journal_count);
    put_journal(compact ? hot : cold, compact ? journal : entries, pack.sit_journal, pack.sit_journal_count);
    put_block(first + start_sum, hot);
    if (!compact) put_block(first + start_sum + 2, cold);

    Bytes whole(std::size_t{block_size()} * (1 + super.cp_payload));
    RawCheckpoint raw = pack.raw;
    raw.cp_pack_total_block_count = pack.total_blocks.value_or(total);
    raw.cp_pack_start_sum = pack.start_sum.value_or(start_sum);
    patch(whole, 0, raw);
    std::size_t nat_at = sizeof(RawCheckpoint);
    std::size_t sit_at = nat_at;
    if (raw.ckpt_flags & kCpLargeNatBitmapFlag) {
      nat_at += 4;
      sit_at = nat_at + pack.nat_bitmap.size();
    } else if (super.cp_payload != 0) {
      sit_at = block_size();
    } else {
      nat_at += pack.sit_bitmap.size();
    }
    patch_bytes(whole, nat_at, pack.nat_bitmap);
    patch_bytes(whole, sit_at, pack.sit_bitmap);
    Bytes head(whole.begin(), whole.begin() + block_size());
    disk->put(byte_of(first), whole);
    put_block(first, sealed(head));
    if (pack.tail_version) patch(head, 0, Le64(*pack.tail_version));
    put_block(first + total - 1, sealed(head));
  }

  /// A checkpoint block with its checksum.
  static Bytes sealed(Bytes block) {
    const std::uint32_t at = ByteView(block).load<RawCheckpoint>(0)->checksum_offset;
    if (at > block.size() - 4) return block;
    const ByteSpan all(block);
    std::uint32_t sum = checksum(kSuperMagic, all.first(at));
    sum = checksum(sum, all.subspan(at + 4));
    patch(block, at, Le32(sum));
    return block;
  }
};

}  // namespace coldread::f2fs::test
