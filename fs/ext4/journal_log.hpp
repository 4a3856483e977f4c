#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/journal_superblock.hpp"

namespace coldread::ext4 {

/// A run of the journal's blocks that lie together.
struct JournalRun {
  std::uint64_t block = 0;  ///< of the journal
  std::uint64_t count = 0;
  std::uint64_t offset = 0;  ///< of the first, in bytes of the journal's source
};

/// The journal's blocks, wherever they lie: in an inode of the filesystem, or in a file or device of their own.
class JournalLog {
 public:
  /// `runs` ascend by block and do not overlap. `where` says in findings what the journal is ("journal").
  JournalLog(std::shared_ptr<const source::BlockSource> source, std::vector<JournalRun> runs,
             const JournalSuperblock& superblock, bool external);

  [[nodiscard]] const JournalSuperblock& superblock() const { return superblock_; }
  /// What offset_of() counts in: the filesystem's bytes as they lie, or the external journal's.
  [[nodiscard]] const std::shared_ptr<const source::BlockSource>& source() const { return source_; }
  [[nodiscard]] bool is_external() const { return external_; }

  /// The byte at which a block of the journal lies; nothing past its end (s_maxlen) or where it has a hole.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t block) const;
  /// The block's bytes. Errors: kCorrupt (it lies nowhere), kRead.
  [[nodiscard]] Result<Bytes> read(std::uint64_t block) const;
  /// As read(), into `out` of block_size bytes.
  [[nodiscard]] Result<void> read(std::uint64_t block, MutableByteSpan out) const;
  /// "journal block 12 (byte 4096)", for findings; the byte is one of source().
  [[nodiscard]] std::string where(std::uint64_t block) const;

 private:
  std::shared_ptr<const source::BlockSource> source_;
  std::vector<JournalRun> runs_;
  JournalSuperblock superblock_;
  bool external_;
};

}  // namespace coldread::ext4
