#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "fs/ext4/journal_superblock.hpp"

namespace coldread::ext4 {

/// True when transaction `a` is later than `b`: their numbers are 32 bits wide and wrap around (tid_gt() of
/// include/linux/jbd2.h).
[[nodiscard]] constexpr bool tid_after(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < (std::uint32_t{1} << 31);
}

/// The filesystem's blocks that a revoke block names (Documentation/filesystems/ext4/journal.rst, "Revocation Block").
/// `block` is the whole block. Errors: kCorrupt (r_count is more than fits).
[[nodiscard]] Result<std::vector<std::uint64_t>> parse_revokes(const JournalSuperblock& journal, ByteView block);

/// Which copies in the log must not be written, because a transaction not earlier than theirs says so.
class RevokeTable {
 public:
  /// Only revokes of `blocks` are kept, so that their number bounds the table.
  explicit RevokeTable(std::vector<std::uint64_t> blocks);

  /// Transaction `sequence` revokes a block.
  void revoke(std::uint64_t block, std::uint32_t sequence);
  /// True when a copy of the block in transaction `sequence` is revoked.
  [[nodiscard]] bool revoked(std::uint64_t block, std::uint32_t sequence) const;

 private:
  struct Record {
    std::uint64_t block = 0;
    std::optional<std::uint32_t> sequence;  ///< the latest transaction that revokes it
  };

  std::vector<Record> records_;  ///< ascending
};

}  // namespace coldread::ext4
