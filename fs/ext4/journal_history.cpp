#include "fs/ext4/journal_history.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "fs/ext4/journal_checksum.hpp"
#include "fs/ext4/journal_layout.hpp"
#include "fs/ext4/journal_revoke.hpp"
#include "fs/ext4/journal_scan.hpp"

namespace coldread::ext4 {
namespace {

// Sixteen times what the largest journal that mke2fs makes by itself holds, 1 GiB of 4 KiB blocks.
constexpr std::size_t kMaxCopies = std::size_t{1} << 22;
constexpr std::size_t kMaxRevokes = std::size_t{1} << 22;
constexpr std::uint32_t kMaxNanoseconds = 999'999'999;
constexpr std::uint64_t kMaxSeconds = 253'402'300'799;  // the end of the year 9999

std::optional<volume::Timestamp> time_in(const RawCommitHeader& commit) {
  const std::uint64_t seconds = commit.h_commit_sec;
  // debugfs writes the bytes of the time the other way round.
  if (seconds == 0 || seconds > kMaxSeconds) return std::nullopt;
  return volume::Timestamp{static_cast<std::int64_t>(seconds),
                           std::min<std::uint32_t>(commit.h_commit_nsec, kMaxNanoseconds)};
}

}  // namespace

/// Goes through the log once and follows the headers of each transaction to its commit block.
class JournalHistory::Scan {
 public:
  Scan(JournalHistory& history, std::uint32_t made)
      : history_(history), log_(*history.log_), journal_(log_.superblock()), made_(made), block_(journal_.block_size) {
    end_ = journal_.start == 0 ? journal_.sequence : scan_log(log_).end;
  }

  void run() {
    const std::uint64_t room = log_.source()->size() / journal_.block_size;
    if (journal_.last - journal_.first > room) {
      give_up("it claims more blocks than there can be");
      return;
    }
    for (std::uint64_t at = journal_.first; at < journal_.last && history_.whole_; ++at) {
      if (outcome_.contains(at) || !load(at)) continue;
      const auto header = ByteView(block_).load<RawJournalHeader>(0);
      const bool opens = header->h_blocktype == kDescriptorBlock || header->h_blocktype == kRevokeBlock;
      if (header->h_magic == kJournalMagic && opens) follow(at, header->h_sequence);
    }
    if (!history_.whole_) return;
    mark_lost();
    sort();
    tell();
  }

 private:
  /// What of a transaction lies from one header of it on.
  struct Chain {
    std::vector<std::uint64_t> headers;
    std::vector<JournalCopy> copies;
    std::vector<Revoke> revokes;
  };

  bool load(std::uint64_t at) { return log_.read(at, block_).has_value(); }

  /// Follows the headers of transaction `sequence` from the one at `at`, and keeps what they say if it was committed.
  void follow(std::uint64_t at, std::uint32_t sequence) {
    Chain chain;
    const bool committed = walk(at, sequence, chain);
    for (const std::uint64_t header : chain.headers) outcome_[header] = committed;
    if (!committed) {
      auto& broken = history_.newest_broken_;
      const bool in_log = history_.age(sequence) < history_.age(end_);
      if (in_log && (!broken || history_.after(sequence, *broken))) broken = sequence;
      return;
    }
    auto& copies = history_.copies_;
    copies.insert(copies.end(), chain.copies.begin(), chain.copies.end());
    history_.revokes_.insert(history_.revokes_.end(), chain.revokes.begin(), chain.revokes.end());
    if (copies.size() > kMaxCopies || history_.revokes_.size() > kMaxRevokes) give_up("it holds too many blocks");
  }

  /// True where the chain leads to a commit block, or to a header that is known to do so.
  bool walk(std::uint64_t at, std::uint32_t sequence, Chain& chain) {
    const std::uint64_t length = journal_.last - journal_.first;
    for (std::uint64_t walked = 0; walked < length;) {
      if (!load(at)) return false;
      const auto header = ByteView(block_).load<RawJournalHeader>(0);
      if (header->h_magic != kJournalMagic || header->h_sequence != sequence) return false;
      if (const auto known = outcome_.find(at); known != outcome_.end()) return known->second;
      if (header->h_blocktype == kCommitBlock) return take_commit(sequence);
      chain.headers.push_back(at);
      if (header->h_blocktype != kDescriptorBlock && header->h_blocktype != kRevokeBlock) return false;
      if (!block_tail_good(journal_, block_)) {
        ++bad_headers_;
        return false;
      }
      const std::uint64_t taken =
          header->h_blocktype == kDescriptorBlock ? take_tags(at, sequence, chain) : take_revokes(sequence, chain);
      walked += taken;
      // A descriptor's copies are fewer than the log's blocks, or the walk ends here.
      if (taken > length) return false;
      at = journal_.wrap(at + taken);
    }
    return false;
  }

  /// Returns how many blocks the descriptor and its copies take.
  std::uint64_t take_tags(std::uint64_t at, std::uint32_t sequence, Chain& chain) {
    std::uint64_t copy = at;
    const std::vector<BlockTag> tags = parse_tags(journal_, block_);
    for (const BlockTag& tag : tags) {
      copy = journal_.wrap(copy + 1);
      // Copies that lie before their descriptor went round the log's end, where newer ones are written first.
      const bool lost = !journal_.blocks_have_checksums() && copy < at;
      chain.copies.push_back({tag, static_cast<std::uint32_t>(copy), sequence, lost});
    }
    return tags.size() + 1;
  }

  std::uint64_t take_revokes(std::uint32_t sequence, Chain& chain) {
    if (const auto blocks = parse_revokes(journal_, block_)) {
      for (const std::uint64_t block : *blocks) chain.revokes.push_back({block, sequence});
    }
    return 1;
  }

  bool take_commit(std::uint32_t sequence) {
    if (!commit_block_good(journal_, block_)) {
      ++bad_headers_;
      return false;
    }
    const auto time = time_in(*ByteView(block_).load<RawCommitHeader>(0));
    const bool foreign = !journal_.blocks_have_checksums() && time && time->seconds < static_cast<std::int64_t>(made_);
    if (history_.age(sequence) >= history_.age(end_) || foreign) {
      ++foreign_;
      return false;
    }
    history_.commits_.push_back({sequence, time});
    return true;
  }

  /// Without checksums, a place in the log has the bytes of the newest transaction that speaks of it.
  void mark_lost() {
    if (journal_.blocks_have_checksums()) return;
    auto& copies = history_.copies_;
    std::stable_sort(copies.begin(), copies.end(), [&](const JournalCopy& a, const JournalCopy& b) {
      return history_.age(a.sequence) > history_.age(b.sequence);
    });
    std::unordered_map<std::uint64_t, std::uint32_t> owners;
    for (JournalCopy& copy : copies) {
      const auto [owner, first] = owners.emplace(copy.log_block, copy.sequence);
      if (!first || outcome_.contains(copy.log_block)) copy.lost = true;
    }
  }

  void sort() {
    const auto by_block = [&](std::uint64_t a_block, std::uint32_t a, std::uint64_t b_block, std::uint32_t b) {
      return a_block != b_block ? a_block < b_block : history_.age(a) > history_.age(b);
    };
    // Stable backwards: of two copies in one transaction, the later one counts.
    std::reverse(history_.copies_.begin(), history_.copies_.end());
    std::stable_sort(history_.copies_.begin(), history_.copies_.end(), [&](const JournalCopy& a, const JournalCopy& b) {
      return by_block(a.tag.block, a.sequence, b.tag.block, b.sequence);
    });
    std::sort(history_.revokes_.begin(), history_.revokes_.end(),
              [&](const Revoke& a, const Revoke& b) { return by_block(a.block, a.sequence, b.block, b.sequence); });
    std::stable_sort(history_.commits_.begin(), history_.commits_.end(),
                     [](const Commit& a, const Commit& b) { return a.sequence < b.sequence; });
  }

  void tell() {
    history_.headers_good_ = bad_headers_ == 0;
    const auto note = [&](std::uint64_t count, const std::string& what) {
      if (count != 0) history_.findings_.push_back("journal: " + std::to_string(count) + " " + what);
    };
    note(bad_headers_,
         "descriptor, revoke or commit blocks have a wrong checksum; no older versions are taken from them");
    note(foreign_, "transactions are remains of an earlier journal; no older versions are taken from them");
  }

  void give_up(const std::string& why) {
    history_.whole_ = false;
    history_.copies_.clear();
    history_.revokes_.clear();
    history_.findings_.push_back("journal: older versions are not looked for: " + why);
  }

  JournalHistory& history_;
  const JournalLog& log_;
  const JournalSuperblock& journal_;
  std::uint32_t made_;
  std::uint32_t end_ = 0;  ///< the first transaction that has no place in the log
  Bytes block_;
  std::unordered_map<std::uint64_t, bool> outcome_;  ///< by header: whether its transaction was committed
  std::uint64_t bad_headers_ = 0;
  std::uint64_t foreign_ = 0;
};

JournalHistory::JournalHistory(std::shared_ptr<const JournalLog> log, std::uint32_t made) : log_(std::move(log)) {
  Scan(*this, made).run();
}

std::span<const JournalCopy> JournalHistory::copies_of(std::uint64_t block) const {
  const auto begin = std::partition_point(copies_.begin(), copies_.end(),
                                          [&](const JournalCopy& copy) { return copy.tag.block < block; });
  const auto end =
      std::partition_point(begin, copies_.end(), [&](const JournalCopy& copy) { return copy.tag.block == block; });
  return {begin, end};
}

std::optional<std::uint64_t> JournalHistory::next_copied(std::uint64_t block) const {
  const auto next = std::partition_point(copies_.begin(), copies_.end(),
                                         [&](const JournalCopy& copy) { return copy.tag.block < block; });
  if (next == copies_.end()) return std::nullopt;
  return next->tag.block;
}

const JournalCopy* JournalHistory::content_at(std::uint64_t block, std::uint32_t sequence) const {
  for (const JournalCopy& copy : copies_of(block)) {
    if (after(copy.sequence, sequence)) continue;
    const auto first = std::partition_point(revokes_.begin(), revokes_.end(), [&](const Revoke& revoke) {
      return revoke.block < block || (revoke.block == block && after(revoke.sequence, sequence));
    });
    const bool revoked = first != revokes_.end() && first->block == block && !after(copy.sequence, first->sequence);
    return revoked ? nullptr : &copy;
  }
  return nullptr;
}

std::optional<std::uint32_t> JournalHistory::written_after(std::uint64_t block, std::uint32_t sequence) const {
  const auto copies = copies_of(block);
  if (copies.empty() || !after(copies.front().sequence, sequence)) return std::nullopt;
  return copies.front().sequence;
}

Result<Bytes> JournalHistory::read(const JournalCopy& copy) const {
  if (copy.lost) return fail(ErrorKind::kCorrupt, log_->where(copy.log_block), "newer transactions were written there");
  auto bytes = log_->read(copy.log_block);
  if (!bytes) return bytes;
  if (!tag_checksum_good(log_->superblock(), copy.tag.checksum, copy.sequence, *bytes)) {
    return fail(ErrorKind::kCorrupt, log_->where(copy.log_block), "its checksum is wrong");
  }
  const Be32 magic(kJournalMagic);
  if (copy.tag.escaped) std::copy(bytes_of(magic).begin(), bytes_of(magic).end(), bytes->begin());
  return bytes;
}

std::optional<volume::Timestamp> JournalHistory::time_of(std::uint32_t sequence) const {
  const auto found = std::partition_point(commits_.begin(), commits_.end(),
                                          [&](const Commit& commit) { return commit.sequence < sequence; });
  if (found == commits_.end() || found->sequence != sequence) return std::nullopt;
  return found->time;
}

}  // namespace coldread::ext4
