#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/checked.hpp"
#include "core/source/memory_source.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/journal.hpp"
#include "fs/ext4/journal_find.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/fuzz/sparse_image.hpp"

// The journal: a device that holds one, whose log is replayed over a small filesystem. It reaches
// parse_journal_superblock, parse_tags, parse_revokes and the log's checksums. One bit of the input asks for the
// superblock to be signed, so that fuzzing does not end at its checksum.

namespace coldread::fuzz {
namespace {

constexpr std::uint32_t kBlockSize = 1024;
constexpr std::uint64_t kBlocks = 256;
constexpr std::size_t kSuperblockAt = std::size_t{2} * kBlockSize;

/// A filesystem of 256 blocks whose journal is on another device, with a UUID of zeros.
Bytes filesystem_image() {
  ext4::RawSuperblock super{};
  super.s_inodes_count = 32;
  super.s_blocks_count_lo = kBlocks;
  super.s_first_data_block = 1;
  super.s_blocks_per_group = 8192;
  super.s_clusters_per_group = 8192;
  super.s_inodes_per_group = 32;
  super.s_magic = ext4::kSuperMagic;
  super.s_rev_level = 1;
  super.s_first_ino = 11;
  super.s_inode_size = 256;
  super.s_feature_compat = ext4::kCompatHasJournal;
  super.s_feature_incompat = ext4::kIncompatNeedsRecovery;
  ext4::RawGroupDescriptor group{};
  group.bg_inode_table_lo = 5;
  Bytes image(kBlocks * kBlockSize);
  const auto put = [&](std::size_t offset, ByteSpan bytes) {
    std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  put(ext4::kSuperblockOffset, bytes_of(super));
  put(std::size_t{2} * kBlockSize, bytes_of(group));
  return image;
}

void sign(Bytes& device) {
  const auto raw = ByteView(device).load<ext4::RawJournalSuperblock>(kSuperblockAt);
  if (!raw) return;
  ext4::RawJournalSuperblock super = *raw;
  super.s_checksum = 0;
  const Be32 sum(ext4::crc32c(~0u, bytes_of(super)));
  std::copy(bytes_of(sum).begin(), bytes_of(sum).end(),
            device.begin() + kSuperblockAt + offsetof(ext4::RawJournalSuperblock, s_checksum));
}

/// The source agrees with itself: piece by piece as in one read, and its places are total.
void check_source(const source::BlockSource& source) {
  Bytes whole(kBlocks * kBlockSize);
  static_cast<void>(source.read_at(0, whole));
  Bytes piece(kBlockSize + 7);
  for (std::size_t at = 0; at + piece.size() <= whole.size(); at += piece.size()) {
    static_cast<void>(source.read_at(at, piece));
    require(std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(at)),
            "a piece is as in the whole");
  }
  std::uint64_t reached = 0;
  for (const source::Placement& placement : source.locate(0, whole.size())) {
    require(placement.range.offset == reached && placement.range.length != 0, "places are total");
    require(checked_add(placement.offset, placement.range.length).has_value(), "a place ends in 64 bits");
    reached += placement.range.length;
  }
  require(reached == whole.size(), "places reach the end");
}

void replay(Bytes device_bytes) {
  const auto image = std::make_shared<const source::MemorySource>(filesystem_image());
  const auto device = std::make_shared<const source::MemorySource>(std::move(device_bytes), source::Medium::kJournal);
  const auto volume = ext4::open(image, {true, device});
  if (!volume) {
    require(!volume.error().message().empty(), "a refusal has a sentence");
    return;
  }
  const volume::ReplayFacts& facts = (*volume)->facts().replay;
  require(facts.whole || !(*volume)->facts().findings.empty(), "what is not whole has a finding");
  check_source(*(*volume)->source());

  const ext4::Filesystem filesystem{image, ext4::find_superblock(*image).value()};
  const auto journal = ext4::open_external_journal(filesystem.superblock(), device);
  require(journal.has_value(), "what was opened once opens again");
  const ext4::JournalReplay result = ext4::replay_journal(filesystem, journal->log);
  require(result.applied == facts.applied && result.revoked == facts.revoked, "replay comes to the same");
  require(std::is_sorted(result.changed_blocks.begin(), result.changed_blocks.end()), "changed blocks ascend");
  require(result.changed_blocks.empty() || result.changed_blocks.back() < kBlocks,
          "changed blocks are the filesystem's");
  require(result.changed_blocks.size() <= result.applied, "no block changes by itself");
  if (result.fast_commits) static_cast<void>(result.fast_commits->read(0));
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  const bool to_sign = (input.number<std::uint8_t>() & 1) != 0;
  coldread::Bytes device = coldread::fuzz::sparse_image(input);
  if (to_sign) coldread::fuzz::sign(device);
  coldread::fuzz::replay(std::move(device));
  return 0;
}
