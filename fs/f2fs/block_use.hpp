#pragma once

#include <cstdint>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/f2fs/checkpoint.hpp"
#include "fs/f2fs/summary_journals.hpp"

namespace coldread::f2fs {

/// Which blocks of the main area a checkpoint uses, by its SIT (f2fs.rst, "Segment Information Table").
class BlockUse {
 public:
  /// Reads the whole SIT. Of what cannot be read nothing is known, with a finding. A segment whose count of valid
  /// blocks is not that of its bitmap is a finding too.
  BlockUse(const source::BlockSource& source, const Superblock& superblock, const Checkpoint& checkpoint,
           const SummaryJournals& journals);

  /// True where the block is known to be in use; false outside the main area.
  [[nodiscard]] bool uses(std::uint32_t block) const;
  /// True where the block is in the main area and known to be free.
  [[nodiscard]] bool is_free(std::uint32_t block) const;
  /// How many blocks are in use.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const Findings& findings() const { return findings_; }

 private:
  void take(std::uint32_t segment, const RawSitEntry& entry);

  std::uint32_t first_;             ///< block of the main area
  std::vector<std::uint8_t> bits_;  ///< a bit a block, the most significant first
  std::vector<bool> known_;         ///< by segment
  std::uint64_t count_ = 0;
  Findings findings_;
};

}  // namespace coldread::f2fs
