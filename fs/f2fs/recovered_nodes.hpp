#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/volume/inode.hpp"
#include "fs/f2fs/node.hpp"

namespace coldread::f2fs {

/// An inode that roll-forward brings to a later state: what changes comes from `later`, the rest stays as the
/// checkpoint has it (fs/f2fs/recovery.c, recover_inode(), do_recover_data(); fs/f2fs/node.c,
/// f2fs_recover_inode_page()).
struct RecoveredInode {
  std::uint32_t later = 0;                 ///< block of the last inode that was fsync'd, or `earlier`
  std::uint32_t earlier = 0;               ///< block of the inode that the checkpoint knows; 0: a new file
  bool no_nodes = false;                   ///< the nodes below it that the checkpoint knows are dropped
  bool no_inline_data = false;             ///< its inline data became blocks
  std::optional<std::uint64_t> size = {};  ///< where recovered blocks lie past the size that it says
  std::uint32_t links_lost = 0;            ///< names that recovered files took from it
};

/// What roll-forward recovery changes: nodes that stand in the place of those that the checkpoint knows, and names.
/// Only the blocks' addresses are kept, so that a long chain of nodes takes little memory. Filled by roll_forward(),
/// then never changed.
class RecoveredNodes {
 public:
  /// A directory's new name. An entry that has it already is replaced.
  struct Name {
    std::string name;  ///< as stored
    std::uint32_t ino = 0;
    std::uint32_t hash = 0;
  };

  /// The block of the direct node at a node offset of an inode, or 0.
  [[nodiscard]] std::uint32_t direct(std::uint32_t ino, std::uint32_t offset) const;
  /// The offset of the first recovered direct node of `ino` at or after `from`.
  [[nodiscard]] std::optional<std::uint32_t> next_direct(std::uint32_t ino, std::uint32_t from) const;
  /// The block of an inode's xattr node, or 0.
  [[nodiscard]] std::uint32_t xattrs(std::uint32_t ino) const;
  /// Adds a directory's recovered names and takes out those that they replace.
  void apply_names(std::uint32_t directory, volume::Directory& entries) const;
  /// Takes those that recovery made live again out of a directory's removed names.
  void drop_recovered_names(std::uint32_t directory, volume::Directory& removed) const;
  /// True where a block that `ino` has by the checkpoint was recovered as another file's: it has it no more.
  [[nodiscard]] bool is_moved_from(std::uint32_t ino, std::uint32_t block) const {
    const auto at = moved.find(block);
    return at != moved.end() && at->second != ino;
  }
  /// True for an inode that recovery deletes: an orphan, or one whose last name a recovered file took.
  [[nodiscard]] bool is_gone(std::uint32_t ino) const { return gone.contains(ino); }

  std::map<std::uint32_t, RecoveredInode> inodes;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> directs;  ///< block by inode and node offset
  std::map<std::uint32_t, std::uint32_t> xattr_nodes;                        ///< block by inode
  std::map<std::uint32_t, std::vector<Name>> names;                          ///< by directory
  std::map<std::uint32_t, std::uint32_t> moved;                              ///< the new owner, by the block
  std::set<std::uint32_t> gone;
};

/// The node block of a recovered inode, put together. Its `block` is where its inline data lies. Errors: kRead.
[[nodiscard]] Result<Node> make_inode(const Filesystem& filesystem, const RecoveredInode& recovered);

}  // namespace coldread::f2fs
