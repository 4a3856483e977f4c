#include "fs/f2fs/summary_journals.hpp"

#include <string>

#include "core/base/little_endian.hpp"

namespace coldread::f2fs {
namespace {

/// Where a journal lies, in bytes.
std::uint64_t journal_at(const Superblock& s, const Checkpoint& checkpoint, unsigned log, unsigned place) {
  if (checkpoint.has(kCpCompactSumFlag)) {
    const std::uint64_t block = std::uint64_t{checkpoint.first_block} + checkpoint.raw.cp_pack_start_sum;
    return s.byte_of(block) + std::uint64_t{place} * s.journal_size();
  }
  return s.byte_of(data_summary_block(checkpoint, log)) + s.summary_entries_size();
}

/// Reads a journal: the number of its entries, 16 bits, then the entries.
template <class Entry, class Take>
void read_journal(const source::BlockSource& source, const Superblock& s, std::uint64_t offset, const char* name,
                  Findings& findings, Take take) {
  Bytes bytes(s.journal_size());
  if (auto done = source::read_exactly(source, offset, bytes); !done) {
    findings.push_back(std::string("the checkpoint's ") + name +
                       " journal cannot be read, so older entries may be used: " + done.error().message());
    return;
  }
  const ByteView view(bytes);
  const std::uint64_t room = (bytes.size() - sizeof(Le16)) / sizeof(Entry);
  std::uint64_t count = view.load<Le16>(0)->get();
  if (count > room) {
    findings.push_back(std::string("the checkpoint's ") + name + " journal claims " + std::to_string(count) +
                       " entries, and has room for " + std::to_string(room));
    count = room;
  }
  for (std::uint64_t i = 0; i < count; ++i) take(*view.load<Entry>(sizeof(Le16) + i * sizeof(Entry)));
}

}  // namespace

std::uint64_t data_summary_block(const Checkpoint& checkpoint, unsigned log) {
  const unsigned from_end = checkpoint.has_node_summaries() ? kAllLogs : kDataLogs;
  return std::uint64_t{checkpoint.first_block} + checkpoint.raw.cp_pack_total_block_count - (from_end + 1) + log;
}

SummaryJournals read_summary_journals(const source::BlockSource& source, const Superblock& superblock,
                                      const Checkpoint& checkpoint) {
  SummaryJournals journals;
  // The first entry of a number is the one that the kernel finds.
  read_journal<RawNatJournalEntry>(source, superblock, journal_at(superblock, checkpoint, kHotData, 0), "NAT",
                                   journals.findings,
                                   [&](const RawNatJournalEntry& entry) { journals.nat.emplace(entry.nid, entry.ne); });
  read_journal<RawSitJournalEntry>(
      source, superblock, journal_at(superblock, checkpoint, kColdData, 1), "SIT", journals.findings,
      [&](const RawSitJournalEntry& entry) { journals.sit.emplace(entry.segno, entry.se); });
  return journals;
}

}  // namespace coldread::f2fs
