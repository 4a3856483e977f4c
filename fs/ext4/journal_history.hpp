#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/journal_log.hpp"
#include "fs/ext4/journal_tags.hpp"

namespace coldread::ext4 {

/// A copy of a block of the filesystem that a committed transaction wrote to the log.
struct JournalCopy {
  BlockTag tag;
  std::uint32_t log_block = 0;  ///< where the copy lies, as the journal counts its blocks
  std::uint32_t sequence = 0;   ///< the transaction's
  bool lost = false;            ///< later transactions wrote over it
};

/// Everything that the log still holds of committed transactions, those that were written back long ago among them
/// (Documentation/filesystems/ext4/journal.rst): every descriptor block that is found, wherever it is, if the headers
/// after it lead to its transaction's commit block. What goes round at the log's end and what newer transactions wrote
/// over is told by checksums (csum_v2, csum_v3) or, without them, by where it lies. Never changed once it is made.
class JournalHistory {
 public:
  /// Reads all of the log. `made` is when the filesystem was made, in seconds since 1970: without checksums, a
  /// transaction that was committed before then is taken for the remains of another filesystem.
  JournalHistory(std::shared_ptr<const JournalLog> log, std::uint32_t made);

  [[nodiscard]] const JournalLog& log() const { return *log_; }
  /// All copies, ascending by block, and of each block the newest first.
  [[nodiscard]] std::span<const JournalCopy> copies() const { return copies_; }
  /// The copies of one block, the newest first.
  [[nodiscard]] std::span<const JournalCopy> copies_of(std::uint64_t block) const;
  /// The first block from `block` on of which there is a copy; nothing where there is none.
  [[nodiscard]] std::optional<std::uint64_t> next_copied(std::uint64_t block) const;

  /// The copy that was the block's content when transaction `sequence` was committed. Nothing where that was what lay
  /// in the block itself, because no copy of until then is left or a revoke block says that it counts no more.
  [[nodiscard]] const JournalCopy* content_at(std::uint64_t block, std::uint32_t sequence) const;
  /// The newest transaction after `sequence` that wrote the block by way of the journal, as far as the log tells.
  [[nodiscard]] std::optional<std::uint32_t> written_after(std::uint64_t block, std::uint32_t sequence) const;
  /// True when transaction `a` is later than `b`.
  [[nodiscard]] bool after(std::uint32_t a, std::uint32_t b) const { return age(a) > age(b); }

  /// The copy's bytes, as the filesystem was to have them. Errors: kCorrupt (its checksum is wrong; it was written
  /// over), kRead.
  [[nodiscard]] Result<Bytes> read(const JournalCopy& copy) const;
  /// When a transaction was committed, where its commit block says so.
  [[nodiscard]] std::optional<volume::Timestamp> time_of(std::uint32_t sequence) const;

  /// The newest transaction before the log's end of which something was found and could not be made use of.
  [[nodiscard]] std::optional<std::uint32_t> newest_broken() const { return newest_broken_; }
  /// What of the log could not be made use of.
  [[nodiscard]] const Findings& findings() const { return findings_; }
  /// False where a header of the log has a wrong checksum: there may be revoke blocks that are not known, and so copies
  /// that content_at() should not have given.
  [[nodiscard]] bool headers_good() const { return headers_good_; }

 private:
  class Scan;

  struct Revoke {
    std::uint64_t block = 0;
    std::uint32_t sequence = 0;
  };
  struct Commit {
    std::uint32_t sequence = 0;
    std::optional<volume::Timestamp> time;
  };

  /// Orders transactions, whose numbers are 32 bits wide and wrap around, about the one that s_sequence names.
  [[nodiscard]] std::uint32_t age(std::uint32_t sequence) const {
    return sequence - log_->superblock().sequence + (std::uint32_t{1} << 31);
  }

  std::shared_ptr<const JournalLog> log_;
  std::vector<JournalCopy> copies_;
  std::vector<Revoke> revokes_;  ///< ascending by block, and of each block the newest first
  std::vector<Commit> commits_;  ///< ascending by sequence
  Findings findings_;
  std::optional<std::uint32_t> newest_broken_;
  bool headers_good_ = true;
  bool whole_ = true;  ///< false where the log is too large to be kept: then there are no copies
};

}  // namespace coldread::ext4
