#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fs/ext4/journal_history.hpp"

namespace coldread::ext4 {

/// A version of a file: whose it is, and the transaction that wrote it.
struct FileVersion {
  std::uint64_t inode = 0;
  std::uint32_t generation = 0;
  std::uint32_t sequence = 0;

  [[nodiscard]] bool same_file(const FileVersion& other) const {
    return inode == other.inode && generation == other.generation;
  }
};

/// Which blocks the older versions of inodes in the journal say were whose: what a file had, and another got later, is
/// not the file's any more, though it be free again now.
class LaterOwners {
 public:
  /// A run of blocks that a version of a file had.
  struct Claim {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    FileVersion version;
  };

  LaterOwners() = default;
  /// `history` says which transaction is later. `lost` is the newest one of which versions of inodes, or the blocks
  /// that they had, are lost.
  LaterOwners(const JournalHistory& history, std::vector<Claim> claims,
              std::optional<std::uint32_t> lost = std::nullopt);

  /// False where versions of inodes are lost that transactions not before `sequence` wrote.
  [[nodiscard]] bool known_since(const JournalHistory& history, std::uint32_t sequence) const {
    return !lost_ || history.after(sequence, *lost_);
  }

  /// A version of another file that had `block` in the transaction of `version` or a later one.
  [[nodiscard]] std::optional<FileVersion> later_owner(const JournalHistory& history, std::uint64_t block,
                                                       const FileVersion& version) const;

 private:
  /// Blocks with the same claims: the newest, and the newest of another file than that.
  struct Segment {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    FileVersion newest;
    std::optional<FileVersion> other;
  };

  std::vector<Segment> segments_;  ///< ascending, free of overlap
  std::optional<std::uint32_t> lost_;
};

}  // namespace coldread::ext4
