#pragma once

#include <cstdint>
#include <map>

#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/f2fs/checkpoint.hpp"

namespace coldread::f2fs {

/// Changes to NAT and SIT that a checkpoint keeps in the spare room of its summary blocks instead of their own blocks,
/// which they take precedence of.
struct SummaryJournals {
  std::map<std::uint32_t, RawNatEntry> nat;  ///< by nid
  std::map<std::uint32_t, RawSitEntry> sit;  ///< by segment number
  Findings findings;
};

/// The block of a data log's summary in a checkpoint whose summaries are not compact: they stand before those of the
/// node logs, or before the pack's last block.
[[nodiscard]] std::uint64_t data_summary_block(const Checkpoint& checkpoint, unsigned log);

/// Reads both, from a compact summary or from the normal ones (f2fs.rst, "Checkpoint"; fs/f2fs/segment.c,
/// read_compacted_summaries(), read_normal_summaries()). A journal that cannot be read, or that claims more entries
/// than it has room for, is a finding; of the latter those are taken that fit.
[[nodiscard]] SummaryJournals read_summary_journals(const source::BlockSource& source, const Superblock& superblock,
                                                    const Checkpoint& checkpoint);

}  // namespace coldread::f2fs
