#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "fs/ext4/journal_layout.hpp"

namespace coldread::ext4 {

/// How a journal guards what is in it (journal.rst, "Super Block": s_feature_compat, s_feature_incompat).
enum class JournalChecksums : std::uint8_t {
  kNone,
  kV1,  ///< the commit block has a CRC-32 of the transaction's descriptor and data blocks
  kV2,  ///< every block and every tag has its CRC-32C, a tag's cut to 16 bits
  kV3,  ///< every block and every tag has its CRC-32C
};

/// A journal superblock whose numbers have been held against each other, by the rules under which the kernel loads a
/// journal.
struct JournalSuperblock {
  RawJournalSuperblock raw;
  std::uint32_t block_size = 0;  ///< bytes
  std::uint32_t length = 0;      ///< s_maxlen: blocks of the journal, this one and the fast-commit area among them
  std::uint32_t first = 0;       ///< s_first: the first block of the log
  std::uint32_t last = 0;        ///< where the log ends and goes on at `first`
  std::uint32_t start = 0;       ///< s_start: where the oldest transaction lies; 0 where the log is empty
  std::uint32_t sequence = 0;    ///< s_sequence: the oldest transaction's
  std::uint32_t fast_commit_first = 0;   ///< the first block of the fast-commit area
  std::uint32_t fast_commit_blocks = 0;  ///< how many there are; 0 without the feature
  std::uint32_t tag_size = 0;            ///< bytes of a block tag, without the UUID that may follow it
  JournalChecksums checksums = JournalChecksums::kNone;
  std::uint32_t checksum_seed = 0;  ///< with kV2 and kV3
  bool has_64bit = false;
  bool has_async_commit = false;
  bool has_fast_commit = false;

  /// True where descriptor and revoke blocks end in a checksum and tags have one.
  [[nodiscard]] bool blocks_have_checksums() const {
    return checksums == JournalChecksums::kV2 || checksums == JournalChecksums::kV3;
  }
  /// Bytes of a descriptor or revoke block that precede its tail.
  [[nodiscard]] std::uint32_t usable_size() const {
    return block_size - (blocks_have_checksums() ? kBlockTailSize : 0);
  }
  /// The log block after `block`, which is reached by counting on: the log is a circle.
  [[nodiscard]] std::uint64_t wrap(std::uint64_t block) const { return block >= last ? block - (last - first) : block; }
};

/// Parses the 1024 bytes of a journal superblock (Documentation/filesystems/ext4/journal.rst, "Super Block"; what is
/// refused, and where the fast-commit area begins, by fs/jbd2/journal.c, journal_load_superblock). `block_size` is the
/// filesystem's, in bytes; `blocks` is how many of them the journal's place has. Errors: kNotFound (no journal
/// superblock is there), kUnsupported (features that are not known), kCorrupt (a field that cannot be, by name, or a
/// wrong checksum).
[[nodiscard]] Result<JournalSuperblock> parse_journal_superblock(ByteView bytes, std::uint32_t block_size,
                                                                 std::uint64_t blocks);

}  // namespace coldread::ext4
