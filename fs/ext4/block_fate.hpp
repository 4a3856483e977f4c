#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "fs/ext4/blocks_in_use.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/journal_history.hpp"
#include "fs/ext4/later_owners.hpp"

namespace coldread::ext4 {

/// What became of a block that an older version of a file had.
struct BlockFate {
  enum class Kind : std::uint8_t {
    kLeft,       ///< nothing is known to have been written over what lies in it
    kCopied,     ///< what it held is in the journal; what lies in it may be older or newer
    kInUse,      ///< it belongs to something that is there now
    kUnknown,    ///< whether it does is not known: its bitmap is damaged
    kRewritten,  ///< a later transaction wrote something to it
    kGiven,      ///< another file had it later
    kHidden,     ///< whether another file had it later is not known: part of the journal is lost
    kNowhere,    ///< no file can have it
  };
  Kind kind = Kind::kLeft;
  const JournalCopy* copy = nullptr;  ///< of kCopied
  std::uint64_t by = 0;               ///< of kRewritten the transaction, of kGiven the inode; 0 where it is not known

  friend bool operator==(const BlockFate&, const BlockFate&) = default;
};

/// The reason, as part of a sentence, why the blocks [first, last] cannot be read for an older version of a file.
[[nodiscard]] std::string fault_reason(const BlockFate& fate, std::uint64_t first, std::uint64_t last);

/// What became of the blocks of older versions of files. What nothing speaks against is still no proof: a file whose
/// versions have gone from the journal may have had a block in between.
class BlockFates {
 public:
  BlockFates(std::shared_ptr<const Filesystem> filesystem, std::shared_ptr<const JournalHistory> history,
             LaterOwners owners)
      : filesystem_(filesystem),
        history_(std::move(history)),
        owners_(std::move(owners)),
        in_use_(std::move(filesystem)) {}

  [[nodiscard]] const std::shared_ptr<const Filesystem>& filesystem() const { return filesystem_; }
  [[nodiscard]] const JournalHistory& history() const { return *history_; }

  [[nodiscard]] BlockFate fate_of(std::uint64_t block, const FileVersion& version) const;

 private:
  std::shared_ptr<const Filesystem> filesystem_;
  std::shared_ptr<const JournalHistory> history_;
  LaterOwners owners_;
  BlocksInUse in_use_;
};

}  // namespace coldread::ext4
