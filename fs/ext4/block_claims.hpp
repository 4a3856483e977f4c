#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/journal_history.hpp"
#include "fs/ext4/later_owners.hpp"

namespace coldread::ext4 {

/// Gathers which blocks the versions of inodes in the journal had: by the inode itself, and by the nodes of its extent
/// tree or its indirect blocks, as the journal has them or, where it has none, as they lie now. Those may be something
/// else by now; what is claimed wrongly can only take blocks away from deleted files.
class BlockClaims {
 public:
  /// Both must outlive this.
  BlockClaims(const Filesystem& filesystem, const JournalHistory& history)
      : filesystem_(filesystem), history_(history), lost_(history.newest_broken()) {}

  /// Takes in a version of an inode; `record` is inode_size bytes. Of one inode, the newest version comes first.
  void add(ByteView record, const FileVersion& version);

  /// A transaction wrote versions that could not be taken in.
  void note_lost(std::uint32_t sequence);
  /// The newest transaction whose versions, or what blocks they had, are not known.
  [[nodiscard]] std::optional<std::uint32_t> lost() const { return lost_; }
  /// False where there was too much to take in: then not every later owner is known.
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] std::vector<LaterOwners::Claim> take() && { return std::move(claims_); }

 private:
  /// A block of a map, to be looked into.
  struct Node {
    std::uint64_t block = 0;
    unsigned level = 0;       ///< 0: a leaf of the extent tree, or a block of numbers of data blocks
    std::uint64_t first = 0;  ///< of an extent tree: the file block that its parent says
  };

  void add_extents(ByteView node, unsigned depth, std::uint64_t first, bool is_root, const FileVersion& version);
  void add_numbers(ByteView numbers, unsigned level, const FileVersion& version);
  void look_into(bool extents, const FileVersion& version);
  [[nodiscard]] Bytes content(std::uint64_t block, const FileVersion& version);
  void claim(std::uint64_t block, std::uint64_t count, const FileVersion& version);

  const Filesystem& filesystem_;
  const JournalHistory& history_;
  std::vector<Node> nodes_;
  std::vector<LaterOwners::Claim> claims_;
  using Key = std::tuple<std::uint64_t, std::uint32_t, std::uint64_t, std::uint64_t>;
  std::set<Key> claimed_;
  std::set<Key> seen_;
  std::optional<std::uint32_t> lost_;
  bool whole_ = true;
};

}  // namespace coldread::ext4
