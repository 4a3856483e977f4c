#pragma once

#include <memory>
#include <mutex>

#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/journal_history.hpp"

namespace coldread::ext4 {

/// A filesystem's journal history, which is read when it is first asked for. Safe to use from several threads at once.
class LazyHistory {
 public:
  /// `filesystem` is as it lies. `external` is the journal where that is on another device, or null.
  LazyHistory(std::shared_ptr<const Filesystem> filesystem, std::shared_ptr<const source::BlockSource> external)
      : filesystem_(std::move(filesystem)), external_(std::move(external)) {}

  /// The history; null where there is no journal or none that can be read.
  [[nodiscard]] std::shared_ptr<const JournalHistory> get() const;
  /// Why get() gives nothing though there is a journal, and what of it was left out.
  [[nodiscard]] Findings findings() const;

 private:
  void read() const;

  std::shared_ptr<const Filesystem> filesystem_;
  std::shared_ptr<const source::BlockSource> external_;
  mutable std::once_flag once_;
  mutable std::shared_ptr<const JournalHistory> history_;
  mutable Findings findings_;
};

}  // namespace coldread::ext4
