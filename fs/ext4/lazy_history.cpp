#include "fs/ext4/lazy_history.hpp"

#include "fs/ext4/features.hpp"
#include "fs/ext4/journal_find.hpp"

namespace coldread::ext4 {

std::shared_ptr<const JournalHistory> LazyHistory::get() const {
  std::call_once(once_, [this] { read(); });
  return history_;
}

Findings LazyHistory::findings() const {
  std::call_once(once_, [this] { read(); });
  return findings_;
}

void LazyHistory::read() const {
  const Superblock& s = filesystem_->superblock();
  if (!(s.features.compat & kCompatHasJournal)) return;
  const bool elsewhere = has_external_journal(s);
  if (elsewhere && external_ == nullptr) {
    findings_.emplace_back("the journal is on another device; older versions of inodes are not looked for");
    return;
  }
  auto journal = elsewhere ? open_external_journal(s, external_) : find_inode_journal(filesystem_);
  if (!journal) {
    findings_.push_back("older versions of inodes are not looked for: " + journal.error().message());
    return;
  }
  history_ = std::make_shared<const JournalHistory>(journal->log, s.raw.s_mkfs_time);
  findings_ = history_->findings();
}

}  // namespace coldread::ext4
