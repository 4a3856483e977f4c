#include "fs/ext4/old_inodes.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fs/ext4/block_claims.hpp"
#include "fs/ext4/inode_tables.hpp"
#include "fs/ext4/old_inode.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::size_t kMaxOldInodes = 1 << 17;

/// What of an inode's record tells whose it is.
struct Identity {
  bool in_use = false;
  std::uint32_t generation = 0;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> crtime;

  [[nodiscard]] bool same_file(const Identity& other) const {
    return generation == other.generation && (!crtime || !other.crtime || *crtime == *other.crtime);
  }
};

/// `record` is inode_size long, at least 128 bytes.
Identity identify(ByteView record) {
  const auto le16 = [&](std::size_t offset) { return record.load<Le16>(offset)->get(); };
  const auto le32 = [&](std::size_t offset) { return record.load<Le32>(offset)->get(); };
  Identity identity;
  identity.in_use = le16(offsetof(RawInode, i_mode)) != 0 && le16(offsetof(RawInode, i_links_count)) != 0 &&
                    le32(offsetof(RawInode, i_dtime)) == 0;
  identity.generation = le32(offsetof(RawInode, i_generation));
  constexpr std::size_t kEnd = offsetof(RawInode, i_crtime_extra) + sizeof(Le32);
  if (record.size() >= kEnd && kGoodOldInodeSize + le16(offsetof(RawInode, i_extra_isize)) >= kEnd) {
    identity.crtime = {le32(offsetof(RawInode, i_crtime)), le32(offsetof(RawInode, i_crtime_extra))};
  }
  return identity;
}

/// Where the newest old version of an inode lies.
struct Candidate {
  const JournalCopy* copy;
  std::uint32_t slot;
  std::uint32_t generation;
};

class Search {
 public:
  Search(const std::shared_ptr<const Filesystem>& filesystem, std::shared_ptr<const JournalHistory> history,
         const InodeTables& tables)
      : filesystem_(filesystem),
        superblock_(filesystem->superblock()),
        history_(std::move(history)),
        tables_(tables),
        now_(superblock_.block_size),
        claims_(*filesystem_, *history_) {}

  volume::OldInodes run() {
    std::optional<std::uint64_t> current;
    for (const JournalCopy& copy : history_->copies()) {
      const auto slots = tables_.slots_in(copy.tag.block);
      if (!slots) continue;
      if (current != copy.tag.block) load_now(copy.tag.block);
      current = copy.tag.block;
      const auto bytes = history_->read(copy);
      if (!bytes) {
        ++damaged_;
        claims_.note_lost(copy.sequence);
        continue;
      }
      for (std::uint32_t slot = 0; slot < slots->count; ++slot) look(copy, *slots, slot, *bytes);
    }
    return finish();
  }

 private:
  void load_now(std::uint64_t block) {
    now_.resize(superblock_.block_size);
    const auto read = source::read_exactly(*filesystem_->source, filesystem_->byte_of(block), now_);
    if (!read) now_.clear();
  }

  [[nodiscard]] ByteView record_in(ByteView block, std::uint32_t slot) const {
    return block.sub(std::uint64_t{slot} * superblock_.inode_size, superblock_.inode_size).value_or(ByteView());
  }

  void look(const JournalCopy& copy, const InodeSlots& slots, std::uint32_t slot, ByteView block) {
    const std::uint64_t number = slots.first.value + slot;
    if (number < superblock_.first_inode || number > superblock_.inodes_count) return;
    const ByteView record = record_in(block, slot);
    if (record.empty()) return;
    const Identity then = identify(record);
    if (claims_.whole()) claims_.add(record, {number, then.generation, copy.sequence});
    if (!then.in_use || now_.empty()) return;
    const Identity now = identify(record_in(now_, slot));
    if (now.in_use && now.same_file(then)) return;
    if (record.load<Le32>(offsetof(RawInode, i_flags))->get() & kEaInodeFlag) return;
    if (found_.size() == kMaxOldInodes) {
      crowded_ = crowded_ || !found_.contains(number);
      return;
    }
    // Of one block the newest copy comes first.
    found_.emplace(number, Candidate{&copy, slot, then.generation});
  }

  volume::OldInodes finish() {
    volume::OldInodes old;
    if (damaged_ != 0) {
      old.findings.push_back("journal: " + std::to_string(damaged_) +
                             " copies of blocks of inode tables are damaged; no older versions are taken from them");
    }
    if (crowded_) old.findings.emplace_back("journal: there are further older versions of inodes");
    if (!claims_.whole()) {
      old.findings.emplace_back(
          "journal: there are too many older versions to tell of every block whether another file had it later; none "
          "of "
          "them is given");
      return old;
    }
    const auto lost = claims_.lost();
    const auto fates = std::make_shared<const BlockFates>(filesystem_, history_,
                                                          LaterOwners(*history_, std::move(claims_).take(), lost));
    for (const auto& [number, candidate] : found_) add(fates, number, candidate, old);
    return old;
  }

  void add(const std::shared_ptr<const BlockFates>& fates, std::uint64_t number, const Candidate& candidate,
           volume::OldInodes& old) {
    const JournalCopy& copy = *candidate.copy;
    const auto block = history_->read(copy);
    const auto offset = history_->log().offset_of(copy.log_block);
    if (!block || !offset) return;
    const std::uint64_t at = *offset + std::uint64_t{candidate.slot} * superblock_.inode_size;
    const ByteView bytes = record_in(*block, candidate.slot);
    auto record = parse_inode(*filesystem_, {number}, bytes.copy(), at);
    if (!record) return;
    const FileVersion version{number, candidate.generation, copy.sequence};
    const bool in_place = !history_->log().is_external() && lies_at(at, bytes);
    old.list.push_back({{number},
                        std::make_shared<const OldExt4Inode>(fates, *std::move(record), version, in_place),
                        copy.sequence,
                        history_->time_of(copy.sequence)});
  }

  /// True where the record's fields that may hold content are at `offset` of the filesystem's source. The first four
  /// bytes are none of them, and are zeros in an escaped copy.
  [[nodiscard]] bool lies_at(std::uint64_t offset, ByteView bytes) const {
    Bytes there(bytes.size());
    if (!source::read_exactly(*filesystem_->source, offset, there)) return false;
    return std::equal(there.begin() + 4, there.end(), bytes.span().begin() + 4);
  }

  const std::shared_ptr<const Filesystem>& filesystem_;
  const Superblock& superblock_;
  std::shared_ptr<const JournalHistory> history_;
  const InodeTables& tables_;
  Bytes now_;  ///< the block of the inode table at hand as it is now; empty where it cannot be read
  std::map<std::uint64_t, Candidate> found_;
  BlockClaims claims_;
  bool crowded_ = false;
  std::uint64_t damaged_ = 0;
};

}  // namespace

volume::OldInodes find_old_inodes(const std::shared_ptr<const Filesystem>& filesystem, const LazyHistory& journal) {
  volume::OldInodes old;
  const auto history = journal.get();
  const auto tables = history != nullptr ? InodeTables::find(*filesystem) : std::nullopt;
  if (tables) old = Search(filesystem, history, *tables).run();
  const Findings findings = journal.findings();
  old.findings.insert(old.findings.begin(), findings.begin(), findings.end());
  if (history != nullptr && !tables) {
    old.findings.emplace_back(
        "journal: older versions of inodes are not looked for: the filesystem has too many groups");
  }
  return old;
}

}  // namespace coldread::ext4
