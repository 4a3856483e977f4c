#include "fs/ext4/journal_scan.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "fs/ext4/journal_checksum.hpp"
#include "fs/ext4/journal_revoke.hpp"

namespace coldread::ext4 {
namespace {

// More than the blocks of the largest journal that mke2fs makes (10,240,000); bounds what is kept of the log.
constexpr std::size_t kMaxLoggedBlocks = std::size_t{1} << 24;

class Scan {
 public:
  explicit Scan(const JournalLog& log)
      : log_(log),
        journal_(log.superblock()),
        block_(journal_.block_size),
        next_(journal_.start),
        sequence_(journal_.sequence) {}

  LogScan run() {
    while (step()) {
    }
    return finish();
  }

 private:
  /// Takes the next header of the log. False where the log ends with it.
  bool step() {
    if (walked_ > journal_.last - journal_.first) {
      scan_.findings.push_back(log_.where(at_) + ": the log comes round to its beginning inside transaction " +
                               std::to_string(sequence_) + ", which is not replayed");
      scan_.whole = false;
      return false;
    }
    at_ = next_;
    if (auto done = log_.read(at_, block_); !done) return refuse(at_, done.error().what);
    advance();
    const auto header = ByteView(block_).load<RawJournalHeader>(0);
    if (header->h_magic != kJournalMagic || header->h_sequence != sequence_) return false;
    switch (header->h_blocktype) {
      case kDescriptorBlock: return take_descriptor();
      case kCommitBlock: return take_commit();
      case kRevokeBlock: return take_revokes();
      default: return false;
    }
  }

  void advance() {
    next_ = journal_.wrap(next_ + 1);
    ++walked_;
  }

  bool take_descriptor() {
    note_checksum();
    const bool sum = journal_.checksums == JournalChecksums::kV1 && !end_;
    if (sum) sum_ = crc32_be(sum_, block_);
    for (const BlockTag& tag : parse_tags(journal_, block_)) {
      if (scan_.blocks.size() == kMaxLoggedBlocks)
        return refuse(at_, "the log holds more blocks than any journal does");
      const std::uint64_t copy = next_;
      advance();
      scan_.blocks.push_back({tag, static_cast<std::uint32_t>(copy), sequence_});
      if (!sum) continue;
      // Where one cannot be read, the walk goes on behind it and finds no header there, as in the kernel.
      if (!log_.read(copy, block_)) return true;
      sum_ = crc32_be(sum_, block_);
    }
    return true;
  }

  bool take_revokes() {
    note_checksum();
    if (auto blocks = parse_revokes(journal_, block_); !blocks) return refuse(at_, blocks.error().what);
    scan_.revokes.push_back({static_cast<std::uint32_t>(at_), sequence_});
    return true;
  }

  bool take_commit() {
    const auto commit = ByteView(block_).load<RawCommitHeader>(0);
    const std::uint64_t time = commit->h_commit_sec;
    if (damaged_) {
      if (time < last_commit_time_) return false;
      return refuse(*damaged_, "its checksum is wrong, and its transaction " + std::to_string(sequence_) +
                                   " was committed in " + log_.where(at_));
    }
    const bool v1 = journal_.checksums == JournalChecksums::kV1;
    if (v1 && end_) {
      scan_.whole = false;
      return true;
    }
    const bool good = v1 ? transaction_sum_good(*commit, sum_) : commit_block_good(journal_, block_);
    if (good) {
      sum_ = kCrc32Begin;
    } else {
      if (time < last_commit_time_) return false;
      end_ = sequence_;
      scan_.whole = false;
      scan_.findings.push_back(log_.where(at_) + ": the commit of transaction " + std::to_string(sequence_) +
                               " has a wrong checksum; neither it nor what follows is replayed");
      // With async_commit the commit block may be written before what it commits, so the kernel looks on for later
      // ones.
      if (!journal_.has_async_commit) return true;
    }
    last_commit_time_ = time;
    ++sequence_;
    return true;
  }

  void note_checksum() {
    if (!damaged_ && !block_tail_good(journal_, block_)) damaged_ = at_;
  }

  /// Nothing of the log is to be replayed: the kernel would not mount the filesystem.
  bool refuse(std::uint64_t block, const std::string& why) {
    scan_.findings.push_back(log_.where(block) + ": " + why +
                             "; the kernel refuses such a journal, and nothing of it is replayed");
    refused_ = true;
    return false;
  }

  LogScan finish() {
    scan_.end = refused_ ? journal_.sequence : end_.value_or(sequence_);
    scan_.whole = scan_.whole && !refused_;
    scan_.transactions = scan_.end - journal_.sequence;
    const auto is_late = [this](const auto& logged) {
      return logged.sequence == scan_.end || tid_after(logged.sequence, scan_.end);
    };
    scan_.blocks.erase(std::remove_if(scan_.blocks.begin(), scan_.blocks.end(), is_late), scan_.blocks.end());
    scan_.revokes.erase(std::remove_if(scan_.revokes.begin(), scan_.revokes.end(), is_late), scan_.revokes.end());
    return std::move(scan_);
  }

  const JournalLog& log_;
  const JournalSuperblock& journal_;
  Bytes block_;
  std::uint64_t at_ = 0;  ///< the header at hand
  std::uint64_t next_;    ///< the block after what was taken
  std::uint64_t walked_ = 0;
  std::uint32_t sequence_;  ///< of the transaction that is expected
  std::optional<std::uint32_t> end_;
  std::optional<std::uint64_t> damaged_;  ///< the first block of this transaction whose checksum is wrong
  std::uint64_t last_commit_time_ = 0;
  std::uint32_t sum_ = kCrc32Begin;
  bool refused_ = false;
  LogScan scan_;
};

}  // namespace

LogScan scan_log(const JournalLog& log) { return Scan(log).run(); }

}  // namespace coldread::ext4
