#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/read/file_map.hpp"
#include "fs/ext4/fast_commit_replay.hpp"
#include "fs/ext4/fast_commit_scan.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_changes.hpp"
#include "fs/ext4/orphans.hpp"
#include "fs/ext4/recovery_edits.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/unit/fs/image_builder.hpp"

// The fast-commit area and the orphan file: FastCommitScan::read_block over the bytes as they are, and again as records
// that a scan let through, which FastCommitReplay applies to a small filesystem; then all of that is read (over_map,
// apply_names, InodeChanges). parse_orphan_block and clean_orphans over the same bytes.

namespace coldread::fuzz {
namespace {

using namespace coldread::ext4;  // NOLINT(google-build-using-namespace): the parsers under test

constexpr std::uint32_t kInodes = 32;

/// A filesystem of 32 inodes: the root with one block of names, a file of four blocks, a directory and a symlink.
std::shared_ptr<const Filesystem> small_filesystem(std::uint32_t last_orphan) {
  test::ImageBuilder image;
  const auto dir = [&](std::uint32_t number, std::uint32_t block, std::uint32_t flags) {
    RawInode inode = test::make_inode(040755);
    inode.i_links_count = 2;
    inode.i_size_lo = 1024;
    inode.i_flags = kExtentsFlag | flags;
    test::set_root(inode, test::make_node<RawExtent>(0, {test::extent(0, 1, block)}, 60));
    image.put_inode(number, inode);
    const Bytes names = test::concat({test::dirent(number, 12, "."), test::dirent(2, 12, ".."),
                                      test::dirent(12, 16, "file"), test::dirent(14, 984, "link")});
    image.put_bytes(std::uint64_t{block} * 1024, names);
  };
  dir(2, 20, 0);
  dir(13, 21, kCasefoldFlag);
  dir(15, 22, kEncryptFlag);
  RawInode file = test::make_inode();
  file.i_size_lo = 4096;
  test::set_root(file, test::make_node<RawExtent>(0, {test::extent(0, 4, 30)}, 60));
  image.put_inode(12, file);
  RawInode link = test::make_inode(0120777);
  link.i_flags = 0;
  link.i_size_lo = 4;
  image.put_inode(14, link);
  image.put(std::uint64_t{2} * 1024 + offsetof(RawGroupDescriptor, bg_inode_bitmap_lo), Le32(4));
  image.put(std::uint64_t{4} * 1024, Le32(~0U));
  image.super.s_last_orphan = last_orphan;
  return image.filesystem();
}

void read_all(const Filesystem& filesystem, FastCommitReplay& replay) {
  Filesystem recovered = filesystem;
  if (auto source = replay.inodes().over_source()) recovered.source = std::move(source);
  recovered.edits = std::make_shared<const RecoveryEdits>(std::move(replay.edits()));
  const auto shared = std::make_shared<const Filesystem>(std::move(recovered));
  for (std::uint32_t number = 1; number <= kInodes; ++number) {
    auto record = read_inode(*shared, {number});
    if (!record) continue;
    const Ext4Inode inode(shared, *std::move(record));
    if (const auto map = inode.map()) {
      const std::uint64_t end = std::min<std::uint64_t>(map->mapped_end(), std::uint64_t{1} << 20);
      for (std::uint64_t at = 0; at < end;) {
        const read::MapPiece piece = map->piece(at, end);
        require(piece.end > at && piece.end <= end, "a piece goes on");
        std::uint64_t reached = at;
        for (const read::Extent& extent : piece.extents) {
          require(extent.file_offset == reached, "a map is total");
          reached = extent.file_end();
        }
        require(reached == piece.end, "a map is total");
        at = piece.end;
      }
    }
    if (const auto names = inode.entries()) {
      for (const volume::DirEntry& entry : names->entries) {
        require(entry.name != "." && entry.name != ".." && !entry.name.empty(), "a name can be a file's");
      }
    }
  }
}

void scan(Input input) {
  FastCommitScan scan(test::ImageBuilder::kInodeSize, input.number<std::uint32_t>());
  while (!input.empty() && scan.read_block(input.take(1024))) {
  }
  require(scan.refusal().empty() || scan.commits() == 0, "what is refused gives nothing");
  const auto records = scan.take_records();
  require(scan.commits() != 0 || records.empty(), "records are those of whole commits");
}

void replay(Input input) {
  const auto filesystem = small_filesystem(input.number<std::uint8_t>());
  FastCommitReplay replay(filesystem);
  bool goes_on = true;
  for (std::uint32_t count = 0; goes_on && !input.empty() && count < 200; ++count) {
    FastCommitRecord record;
    record.tag = static_cast<FastCommitTag>(input.number<std::uint8_t>() % 6 + 1);
    const bool range = record.tag == FastCommitTag::kAddRange;
    const std::size_t least = record.tag == FastCommitTag::kInode ? 132 : 9;
    const std::size_t length = range ? 16
                               : record.tag == FastCommitTag::kDelRange
                                   ? 12
                                   : least + input.number<std::uint8_t>() % (261 - least);
    record.value = input.take(length).copy();
    record.value.resize(length);
    goes_on = replay.apply(record);
  }
  static_cast<void>(clean_orphans(filesystem, replay.inodes(), replay.edits()));
  read_all(*filesystem, replay);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::scan({data, size});
  coldread::fuzz::replay({data, size});
  coldread::fuzz::Input block(data, size);
  for (const bool checksums : {false, true}) {
    const auto orphans = coldread::ext4::parse_orphan_block(coldread::ByteView(block.rest()), 30, checksums, 1);
    coldread::fuzz::require(orphans.fault.empty() || orphans.inodes.empty(), "a bad block names no orphans");
  }
  return 0;
}
