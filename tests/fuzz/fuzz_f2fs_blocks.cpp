#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "fs/f2fs/block_use.hpp"
#include "fs/f2fs/dentries.hpp"
#include "fs/f2fs/directory.hpp"
#include "fs/f2fs/directory_index.hpp"
#include "fs/f2fs/inode_map.hpp"
#include "fs/f2fs/nat.hpp"
#include "fs/f2fs/roll_forward.hpp"
#include "fs/f2fs/xattr.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

// The structures of f2fs, each over the bytes as they are in a filesystem that is sound but for them. The first byte of
// the input says which: a superblock, a checkpoint with its journals, SIT and orphans, a NAT entry and an inode with a
// node below it, a block of directory entries, attributes in an inode and its node. The second is the block size.

namespace coldread::fuzz {
namespace {

using namespace coldread::f2fs;  // NOLINT(google-build-using-namespace): the parsers under test
using f2fs::test::ImageBuilder;
using f2fs::test::InodeImage;
using f2fs::test::patch_bytes;

constexpr std::uint32_t kNode = 20;

void overlay(Bytes& bytes, std::size_t at, ByteView from) {
  patch_bytes(bytes, at, from.span().first(std::min(from.size(), bytes.size() - at)));
}

void look_at_superblock(ImageBuilder& image, Input& input) {
  RawSuperblock raw = image.super;
  Bytes bytes(sizeof(raw));
  patch_bytes(bytes, 0, bytes_of(raw));
  // Changes of it: where, and 4 bytes.
  for (int i = 0; i < 32 && !input.empty(); ++i) {
    const std::size_t at = input.number<std::uint16_t>() % (sizeof(raw) - 3);
    overlay(bytes, at, input.take(4));
  }
  raw = *ByteView(bytes).load<RawSuperblock>(0);
  raw.magic = kSuperMagic;
  if (raw.feature & kFeatureSbChksum) {
    raw.checksum_offset = static_cast<std::uint32_t>(offsetof(RawSuperblock, crc));
    raw.crc = f2fs::test::checksum(kSuperMagic, bytes_of(raw).first(offsetof(RawSuperblock, crc)));
  }
  require(volume_name(raw).size() <= std::size_t{3} * 512, "a label is no longer than its units");
  Findings findings;
  const auto s = parse_superblock(raw, findings);
  if (!s) return;
  require(s->main_end <= s->blocks_end && s->blocks_end <= kCompressAddr, "areas end in order");
  require(s->raw.main_blkaddr < s->main_end, "there is a main area");
  require(s->summary_entries_size() + s->journal_size() + 5 == s->summary_size(), "a summary block is full");
  std::uint64_t next = 0;
  for (const Device& device : s->devices) {
    require(device.first_block == next, "devices follow each other");
    next += device.blocks;
  }
}

void look_at_checkpoint(ImageBuilder& image, Input& input) {
  f2fs::test::Pack& pack = image.packs[0];
  Bytes raw(sizeof(RawCheckpoint));
  patch_bytes(raw, 0, bytes_of(pack.raw));
  for (int i = 0; i < 8; ++i) {
    const std::size_t at = input.number<std::uint8_t>() % (raw.size() - 3);
    overlay(raw, at, input.take(4));
  }
  image.super.cp_payload = input.number<std::uint8_t>() % 3;
  pack.raw = *ByteView(raw).load<RawCheckpoint>(0);
  pack.total_blocks = pack.raw.cp_pack_total_block_count;
  pack.start_sum = pack.raw.cp_pack_start_sum;
  if (*pack.total_blocks == 0) pack.total_blocks.reset();
  if (*pack.start_sum == 0) pack.start_sum.reset();
  image.finish();
  const std::uint32_t first = image.super.cp_blkaddr;
  for (const std::uint32_t block : {first + 1, first + 2, first + 3}) {
    const std::uint64_t at = image.byte_of(block) + std::uint64_t{input.number<std::uint16_t>()} % image.block_size();
    image.disk->put(at, input.take(64).span());
  }
  const auto found = find_superblock(*image.disk);
  if (!found) return;
  const CheckpointPacks packs = read_checkpoints(*image.disk, found->superblock);
  const auto chosen = choose_checkpoint(packs, {});
  if (!chosen) return;
  const std::uint32_t nat_blocks = found->superblock.nat_blocks;
  require(!(*chosen)->nat_bitmap.test(nat_blocks), "a bitmap ends with its table");
  SummaryJournals journals = read_summary_journals(*image.disk, found->superblock, **chosen);
  require(journals.nat.size() <= found->superblock.journal_size() / sizeof(RawNatJournalEntry), "a journal has room");
  const BlockUse use(*image.disk, found->superblock, **chosen, journals);
  require(use.count() <= std::uint64_t{found->superblock.raw.segment_count_main} * kBlocksPerSeg,
          "blocks are counted once");
  require(!use.uses(found->superblock.raw.main_blkaddr - 1), "what is no main area is free");
  const Filesystem filesystem{image.disk, *found, **chosen, std::move(journals)};
  Findings findings;
  static_cast<void>(read_orphans(filesystem, findings));
  static_cast<void>(find_node(filesystem, 3));
}

void look_at_map(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode) {
  const auto map = map_inode(filesystem, inode, 0);
  if (!map) return;
  std::uint64_t at = 0;
  for (int i = 0; i < 16 && at < map->size(); ++i) {
    const read::MapPiece piece = map->piece(at, map->size());
    require(piece.end > at, "a piece goes on");
    at = piece.end;
  }
  if (inode.facts.type != volume::FileType::kDir) return;
  static_cast<void>(read_directory(filesystem, inode, *map));
  static_cast<void>(read_removed_names(filesystem, inode, *map));
}

void look_at_attributes(const Filesystem& filesystem, const InodeRecord& inode) {
  const volume::Xattrs xattrs = read_xattrs(filesystem, inode);
  const auto not_rising = [](const volume::Xattr& a, const volume::Xattr& b) { return a.name >= b.name; };
  require(std::adjacent_find(xattrs.list.begin(), xattrs.list.end(), not_rising) == xattrs.list.end(),
          "attributes are sorted, each name once");
  static_cast<void>(read_encryption_context(filesystem, inode));
  if (const auto location = read_verity_location(filesystem, inode)) {
    require(location->tree_offset >= inode.facts.size, "verity metadata lies past EOF");
    require(location->tree_offset + location->tree_space == location->descriptor_offset, "the tree ends there");
  }
}

/// An inode, its fixed part and what follows it as in the input, and a node that it may name.
void look_at_nodes(ImageBuilder& image, Input& input) {
  image.super.feature = input.number<std::uint32_t>() & 0x1ffff;
  const auto flags = input.number<std::uint8_t>();
  InodeImage plain(flags & 1 ? 040755 : 0100644);
  plain.nids = {kNode, kNode, kNode, kNode, kNode};
  plain.raw.i_xattr_nid = kNode;
  Bytes bytes = image.inode(ImageBuilder::kFile, plain);
  overlay(bytes, 0, input.take(6));
  for (int i = 0; i < 16; ++i) {
    const std::size_t at = input.number<std::uint16_t>() % (bytes.size() - 32);
    overlay(bytes, at, input.take(8));
  }
  Bytes node = image.node(kNode, ImageBuilder::kFile, flags & 2 ? kXattrNodeOffset : flags >> 2, {});
  overlay(node, 0, input.take(256));
  image.add_node(ImageBuilder::kFile, ImageBuilder::kFile, 0, bytes);
  image.add_node(kNode, ImageBuilder::kFile, 1, node);
  if (const auto entry = input.take(sizeof(RawNatEntry)).load<RawNatEntry>(0)) {
    image.put(image.byte_of(image.super.nat_blkaddr) + sizeof(RawNatEntry) * kNode, *entry);
  }
  const auto filesystem = image.filesystem();
  static_cast<void>(read_node(*filesystem, kNode));
  static_cast<void>(read_tree_node(*filesystem, ImageBuilder::kFile, kNode, 1));
  const auto inode = read_inode(*filesystem, {ImageBuilder::kFile});
  if (!inode) return;
  require(inode->extra_addrs + inode->inline_xattr_addrs + inode->addrs <= filesystem->superblock().addrs_per_inode(),
          "an inode's parts fit in it");
  require(inode->inline_area().size() == inode->inline_size(), "the inline area is in the inode");
  look_at_map(filesystem, *inode);
  look_at_attributes(*filesystem, *inode);
}

void look_at_dentries(const ImageBuilder& image, Input& input) {
  const std::size_t size = input.number<std::uint16_t>() % (image.block_size() + 1);
  Bytes bytes(size);
  while (!input.empty() && size != 0) {
    const std::size_t at = input.number<std::uint16_t>() % size;
    overlay(bytes, at, input.take(std::size_t{input.number<std::uint8_t>()} + 1));
  }
  const DentryArea area{ByteView(bytes)};
  std::uint32_t next = 0;
  area.each(
      [&](const DentryArea::Entry& entry) {
        require(entry.slot >= next && entry.slot < area.slots(), "entries do not overlap");
        next = entry.slot + DentryArea::slots_of(entry.name.size());
        require(next <= area.slots() && entry.name.size() <= kNameLen && !entry.name.empty(), "a name fits");
        const std::uint32_t hash = name_hash(ByteView(as_bytes(entry.name)));
        const bool low = block_is_searched(hash, 0, 0) && block_is_searched(hash, 1, 0);
        require(low, "every name is looked for in the first level");
      },
      [&](std::uint32_t slot, const std::string& why) {
        require(slot < area.slots() && !why.empty(), "a fault is in a slot");
      });
}

void run(Input& input) {
  const auto what = input.number<std::uint8_t>();
  ImageBuilder image(kMinBlockBits + input.number<std::uint8_t>() % 5);
  switch (what % 4) {
    case 0: return look_at_superblock(image, input);
    case 1: return look_at_checkpoint(image, input);
    case 2: return look_at_nodes(image, input);
    default: return look_at_dentries(image, input);
  }
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
