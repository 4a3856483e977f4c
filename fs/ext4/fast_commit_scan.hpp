#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/little_endian.hpp"

namespace coldread::ext4 {

// The tags of a fast commit (Documentation/filesystems/ext4/journal.rst, "Fast commits"; fs/ext4/fast_commit.h).
// Unlike the rest of the journal they are little-endian.

/// fc_tag of struct ext4_fc_tl.
enum class FastCommitTag : std::uint16_t {
  kAddRange = 1,
  kDelRange = 2,
  kCreat = 3,
  kLink = 4,
  kUnlink = 5,
  kInode = 6,
  kPad = 7,
  kTail = 8,
  kHead = 9,
};

/// The kernel's word for a tag, "ADD_RANGE".
[[nodiscard]] const char* to_string(FastCommitTag tag);

/// struct ext4_fc_tl: what each tag begins with.
struct RawFastCommitTl {
  Le16 fc_tag;
  Le16 fc_len;  ///< bytes of the value that follows
};
static_assert(sizeof(RawFastCommitTl) == 4 && alignof(RawFastCommitTl) == 1);

/// struct ext4_fc_head.
struct RawFastCommitHead {
  Le32 fc_features;
  Le32 fc_tid;
};

/// struct ext4_fc_tail. fc_crc covers the commit up to it, from the tag after the tail before.
struct RawFastCommitTail {
  Le32 fc_tid;
  Le32 fc_crc;
};
static_assert(sizeof(RawFastCommitHead) == 8 && sizeof(RawFastCommitTail) == 8);

/// One tag that changes something.
struct FastCommitRecord {
  FastCommitTag tag = FastCommitTag::kPad;
  Bytes value;              ///< of a length that the tag may have
  std::uint32_t block = 0;  ///< of the area
  std::uint32_t offset = 0;

  /// "fast commit block 3, offset 12 (LINK)", as findings name it.
  [[nodiscard]] std::string where() const;
};

/// Goes through the area's blocks as the kernel's scan does (ext4_fc_replay_scan, fs/ext4/fast_commit.c): commits count
/// up to the last whose TAIL names the expected transaction and has the right checksum. What follows it is the rest of
/// an earlier transaction, or of a commit that was not finished, and is nothing at all.
class FastCommitScan {
 public:
  /// `inode_size` is the superblock's; `expected_tid` the transaction that the commits were made in.
  FastCommitScan(std::uint32_t inode_size, std::uint32_t expected_tid)
      : inode_size_(inode_size), expected_tid_(expected_tid) {}

  /// Takes the area's next block. False when the scan has ended and wants no further one.
  [[nodiscard]] bool read_block(ByteView block);

  /// The records of all complete commits, in the order in which they are to be applied.
  [[nodiscard]] std::vector<FastCommitRecord> take_records();
  /// How many complete commits there were.
  [[nodiscard]] std::uint64_t commits() const { return commits_; }
  /// Why the kernel refuses to mount the filesystem because of its fast commits, as part of a sentence; empty where it
  /// does not. There are no records then.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  [[nodiscard]] bool length_valid(FastCommitTag tag, std::size_t length) const;
  /// Takes one whole tag. False ends the scan.
  bool take(FastCommitTag tag, ByteView whole, std::uint32_t offset);
  bool take_head(ByteView value);
  void take_tail(ByteView whole);
  bool end_or_refuse(const std::string& why);

  std::uint32_t inode_size_;
  std::uint32_t expected_tid_;
  std::uint32_t block_ = 0;
  std::uint32_t crc_ = 0;
  bool ended_ = false;
  std::vector<FastCommitRecord> records_;
  std::size_t complete_ = 0;  // of records_
  std::uint64_t commits_ = 0;
  std::string refusal_;
};

}  // namespace coldread::ext4
