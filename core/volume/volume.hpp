#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "core/volume/inode.hpp"

namespace coldread::volume {

/// What the superblock says.
struct VolumeFacts {
  std::string type;  ///< "ext4" or "f2fs", as the report's filesystems[].type
  std::array<std::byte, 16> uuid{};
  std::string label;
  std::uint32_t block_size = 0;
  std::uint64_t size = 0;             ///< bytes that the superblock claims
  std::vector<std::string> features;  ///< the names that dumpe2fs -h prints, in its order
  bool replay_needed = false;
  std::string replay_kind;  ///< "journal", "fast-commit", "roll-forward"
  std::uint64_t replay_applied = 0;
  /// Further facts for `info`: what it is called (kernel field name) and its value.
  std::vector<std::pair<std::string, std::string>> details;
  Findings findings;  ///< such as a backup superblock that was used instead of the primary
};

/// Some of the inodes that are in use.
struct InodeList {
  std::vector<InodeNumber> inodes;  ///< ascending
  InodeNumber next;                 ///< from where to ask on; 0 at the end
  Findings findings;
};

/// One filesystem. Safe to use from several threads at once.
class Volume {
 public:
  Volume() = default;
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;
  virtual ~Volume() = default;

  [[nodiscard]] virtual const VolumeFacts& facts() const = 0;
  [[nodiscard]] virtual InodeNumber root() const = 0;
  /// The inode with that number. Errors: kCorrupt (no such number, not in use, nonsense in it), kRead, kUnsupported.
  [[nodiscard]] virtual Result<std::unique_ptr<const Inode>> inode(InodeNumber number) const = 0;
  /// Inodes from `first` on (1 at the start) that the filesystem's allocation counts as in use and that could have a
  /// name: those of some part of it, to be asked for part by part.
  [[nodiscard]] virtual InodeList inodes_in_use(InodeNumber first) const = 0;
  /// As inode(), for one that no directory names: it may have no link. Errors: kNotFound as well, where there is
  /// nothing in it that a name could have led to.
  [[nodiscard]] virtual Result<std::unique_ptr<const Inode>> nameless_inode(InodeNumber number) const = 0;
  /// What is wrong with metadata that reading files does not touch, such as allocation bitmaps. Reads all of it.
  [[nodiscard]] virtual Findings check_metadata() const = 0;
  /// What a map's source_offset counts in: the filesystem's bytes, as it is read.
  [[nodiscard]] virtual std::shared_ptr<const source::BlockSource> source() const = 0;
};

}  // namespace coldread::volume
