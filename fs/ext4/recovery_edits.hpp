#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/finding.hpp"
#include "core/read/file_map.hpp"
#include "core/volume/inode.hpp"
#include "fs/ext4/extent_node.hpp"

namespace coldread::ext4 {

/// What recovery makes of a range of file blocks.
struct RangeEdit {
  enum class Kind : std::uint8_t {
    kMapped,
    kUnwritten,
    kRemoved,     ///< nothing is mapped there any more
    kImpossible,  ///< mapped to blocks that cannot be a file's
  };
  Kind kind = Kind::kRemoved;
  std::uint64_t end = 0;    ///< file block after the last
  std::uint64_t start = 0;  ///< block of the filesystem, for kMapped and kImpossible
};

/// The changes of one file's mapping: a later one takes the place of the earlier where they meet.
class RangeEdits {
 public:
  /// Changes [range.begin, range.end), which lies below kMaxFileBlocks. `edit.end` is not looked at.
  void set(BlockRange range, RangeEdit edit);

  [[nodiscard]] bool empty() const { return edits_.empty(); }
  [[nodiscard]] std::size_t size() const { return edits_.size(); }
  /// By first file block, ascending, without overlap.
  [[nodiscard]] const std::map<std::uint64_t, RangeEdit>& all() const { return edits_; }

 private:
  void cut_at(std::uint64_t block);

  std::map<std::uint64_t, RangeEdit> edits_;
};

/// The names that a directory gains and loses.
struct NameEdits {
  bool made_new = false;  ///< what its blocks hold are not its names
  std::set<std::pair<std::string, std::uint64_t>> removed;
  std::map<std::string, std::uint64_t> added;
};

/// What recovery changes beyond bytes: kept beside the filesystem, and laid over its files and directories when they
/// are asked for. Nothing is rewritten as blocks: recovery allocates blocks of its own for that, and which it takes is
/// no property of the evidence.
struct RecoveryEdits {
  std::map<std::uint64_t, RangeEdits> ranges;      ///< by inode number
  std::map<std::uint64_t, NameEdits> directories;  ///< by inode number

  [[nodiscard]] bool empty() const { return ranges.empty() && directories.empty(); }
  /// Changes the names as they were read.
  void apply_names(InodeNumber inode, volume::Directory& directory) const;
  /// True where the names in its blocks are to be ignored.
  [[nodiscard]] bool made_new(InodeNumber inode) const;
};

/// The file's map with its changes laid over it. `edits` may be null.
[[nodiscard]] read::FileMap over_map(const std::shared_ptr<const RecoveryEdits>& edits, InodeNumber inode,
                                     const read::FileMap& map, unsigned block_bits);

}  // namespace coldread::ext4
