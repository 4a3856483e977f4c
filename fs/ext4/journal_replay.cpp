#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/source/memory_source.hpp"
#include "core/source/overlay_source.hpp"
#include "core/source/unreadable_source.hpp"
#include "fs/ext4/journal.hpp"
#include "fs/ext4/journal_checksum.hpp"
#include "fs/ext4/journal_revoke.hpp"
#include "fs/ext4/journal_scan.hpp"

namespace coldread::ext4 {
namespace {

/// What an overlay of a replay counts as its other sources.
enum : std::uint32_t { kLog, kMagic, kLost };

// A damaged journal has a few findings of a kind, a hostile one millions.
constexpr std::size_t kMaxFindings = 100;

/// What is to become of one block of the filesystem.
struct Outcome {
  LoggedBlock logged;
  bool lost = false;  ///< the copy is damaged
};

class Replay {
 public:
  Replay(const Filesystem& filesystem, const std::shared_ptr<const JournalLog>& log)
      : filesystem_(filesystem), log_(log), journal_(log->superblock()), copy_(journal_.block_size) {}

  JournalReplay run() {
    LogScan scan = scan_log(*log_);
    replay_.transactions = scan.transactions;
    replay_.findings = std::move(scan.findings);
    drop_revoked(scan);
    decide(scan.blocks);
    write();
    // Without the log's end it is not known which transaction fast commits go on from.
    if (scan.whole && journal_.fast_commit_blocks != 0) {
      replay_.fast_commits = {log_, journal_.fast_commit_first, journal_.fast_commit_blocks, scan.end};
    }
    return std::move(replay_);
  }

 private:
  void note(std::string finding) {
    ++findings_;
    if (findings_ < kMaxFindings) replay_.findings.push_back(std::move(finding));
    if (findings_ == kMaxFindings) replay_.findings.emplace_back("journal: there are further findings like these");
  }

  void drop_revoked(LogScan& scan) {
    if (scan.revokes.empty()) return;
    std::vector<std::uint64_t> targets;
    targets.reserve(scan.blocks.size());
    for (const LoggedBlock& logged : scan.blocks) targets.push_back(logged.tag.block);
    RevokeTable table(std::move(targets));
    for (const LoggedRevokes& revokes : scan.revokes) {
      const auto block = log_->read(revokes.log_block);
      const auto numbers = block ? parse_revokes(journal_, *block) : fail(block.error());
      if (!numbers) {
        note(log_->where(revokes.log_block) + ": " + numbers.error().what);
        continue;
      }
      for (const std::uint64_t number : *numbers) table.revoke(number, revokes.sequence);
    }
    const auto kept = std::remove_if(scan.blocks.begin(), scan.blocks.end(), [&](const LoggedBlock& logged) {
      return table.revoked(logged.tag.block, logged.sequence);
    });
    replay_.revoked = static_cast<std::uint64_t>(scan.blocks.end() - kept);
    scan.blocks.erase(kept, scan.blocks.end());
  }

  /// Leaves for each block of the filesystem the last copy that is meant for it.
  void decide(const std::vector<LoggedBlock>& blocks) {
    outcomes_.reserve(blocks.size());
    for (const LoggedBlock& logged : blocks) {
      if (logged.tag.block >= filesystem_.superblock().blocks_count) {
        note(log_->where(logged.log_block) + ": it is meant for block " + std::to_string(logged.tag.block) +
             ", which the filesystem does not have");
        continue;
      }
      const bool good = copy_is_good(logged);
      if (good) ++replay_.applied;
      outcomes_.push_back({logged, !good});
    }
    std::stable_sort(outcomes_.begin(), outcomes_.end(),
                     [](const Outcome& a, const Outcome& b) { return a.logged.tag.block < b.logged.tag.block; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      const bool last = i + 1 == outcomes_.size() || outcomes_[i + 1].logged.tag.block != outcomes_[i].logged.tag.block;
      if (last) outcomes_[kept++] = outcomes_[i];
    }
    outcomes_.resize(kept);
  }

  bool copy_is_good(const LoggedBlock& logged) {
    // Without checksums only the copies that are kept need to be read.
    if (!journal_.blocks_have_checksums()) return true;
    if (auto done = log_->read(logged.log_block, copy_); !done) {
      note_lost(logged, done.error().what);
      return false;
    }
    if (tag_checksum_good(journal_, logged.tag.checksum, logged.sequence, copy_)) return true;
    note_lost(logged, "its checksum is wrong");
    return false;
  }

  void note_lost(const LoggedBlock& logged, const std::string& why) {
    note(log_->where(logged.log_block) + ": this copy of block " + std::to_string(logged.tag.block) +
         " is not replayed: " + why);
  }

  void write() {
    for (Outcome& outcome : outcomes_) {
      if (!outcome.lost) compare(outcome);
      if (outcome.lost) lose(outcome.logged.tag.block);
    }
    replay_.source = filesystem_.source;
    if (replacements_.empty()) return;
    const Be32 magic(kJournalMagic);
    auto overlay = source::OverlaySource::make(
        filesystem_.source,
        {log_->source(),
         std::make_shared<source::MemorySource>(ByteView(bytes_of(magic)).copy(), source::Medium::kMemory),
         std::make_shared<source::UnreadableSource>("its newest copy, in the journal, is damaged")},
        std::move(replacements_));
    if (!overlay) return note(overlay.error().message());
    replay_.source = *std::move(overlay);
  }

  /// Holds the copy against the block as it lies, and replaces that where they differ.
  void compare(Outcome& outcome) {
    const LoggedBlock& logged = outcome.logged;
    if (auto done = log_->read(logged.log_block, copy_); !done) {
      note_lost(logged, done.error().what);
      --replay_.applied;
      outcome.lost = true;
      return;
    }
    const Be32 magic(kJournalMagic);
    const ByteSpan magic_bytes = bytes_of(magic);
    if (logged.tag.escaped) std::copy(magic_bytes.begin(), magic_bytes.end(), copy_.begin());

    const std::uint64_t target = filesystem_.byte_of(logged.tag.block);
    lying_.resize(copy_.size());
    if (source::read_exactly(*filesystem_.source, target, lying_) && lying_ == copy_) return;
    replay_.changed_blocks.push_back(logged.tag.block);
    const std::uint64_t from = *log_->offset_of(logged.log_block);
    const std::uint64_t made = logged.tag.escaped ? magic_bytes.size() : 0;
    if (made != 0) replacements_.push_back({{target, made}, kMagic, 0});
    replacements_.push_back({{target + made, copy_.size() - made}, kLog, from + made});
  }

  void lose(std::uint64_t block) {
    replacements_.push_back({{filesystem_.byte_of(block), journal_.block_size}, kLost, 0});
  }

  const Filesystem& filesystem_;
  const std::shared_ptr<const JournalLog>& log_;
  const JournalSuperblock& journal_;
  Bytes copy_;
  Bytes lying_;
  std::vector<Outcome> outcomes_;
  std::vector<source::Replacement> replacements_;
  std::size_t findings_ = 0;
  JournalReplay replay_;
};

}  // namespace

JournalReplay replay_journal(const Filesystem& filesystem, const std::shared_ptr<const JournalLog>& log) {
  JournalReplay nothing;
  nothing.source = filesystem.source;
  if (log->superblock().start == 0) return nothing;
  return Replay(filesystem, log).run();
}

}  // namespace coldread::ext4
