#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "core/volume/inode.hpp"

namespace coldread::volume {

/// What was done, in memory, to bring a filesystem that was not unmounted to the state that mounting it would.
struct ReplayFacts {
  bool needed = false;  ///< the filesystem says that it is due
  std::string kind;     ///< "journal", "fast-commit", "roll-forward"; the last that was applied. Empty: not needed
  std::uint64_t applied = 0;          ///< blocks (as often as they were written), tags or nodes
  std::uint64_t transactions = 0;     ///< of the journal's log
  std::uint64_t revoked = 0;          ///< blocks in the log that were not written because they had been revoked
  std::uint64_t blocks = 0;           ///< of the filesystem: those whose bytes differ from the image's
  std::vector<std::uint64_t> inodes;  ///< whose record on disk differs from the image's; ascending, a thousand at most
  std::uint64_t inodes_total = 0;     ///< how many there are
  /// False where some of it could not be applied, and the findings say what: then what is read may be older than what
  /// had been committed.
  bool whole = true;
  bool external_journal = false;        ///< the journal is on a device of its own, whether or not it is needed
  std::uint64_t fast_commits = 0;       ///< whole fast commits that were replayed after the log
  std::uint64_t names = 0;              ///< that roll-forward added to directories
  std::uint64_t orphans_truncated = 0;  ///< files cut to their size, whose truncation the crash broke off
  std::uint64_t orphans_removed = 0;    ///< files without a name that were open when the crash came
};

/// What the superblock says.
struct VolumeFacts {
  std::string type;  ///< "ext4" or "f2fs", as the report's filesystems[].type
  std::array<std::byte, 16> uuid{};
  /// For the keys that e4crypt(8) and f2fscrypt(8) make of passphrases; all zeros until they first ask for it.
  std::array<std::byte, 16> encrypt_pw_salt{};
  std::string label;
  std::uint32_t block_size = 0;
  std::uint64_t size = 0;             ///< bytes that the superblock claims
  std::vector<std::string> features;  ///< the names that dumpe2fs -h prints, in its order
  ReplayFacts replay;
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

/// An inode as it was before it was deleted, or before its number was given to another file.
struct OldInode {
  InodeNumber number;
  /// Its map gives only ranges whose blocks nothing live owns now; the others are faults that say so. What it gives is
  /// what lies in those blocks: that nothing wrote to them since cannot be proven.
  std::shared_ptr<const Inode> inode;
  std::uint64_t transaction = 0;  ///< the journal's sequence number
  std::optional<Timestamp> time;  ///< when that transaction was committed
};

struct OldInodes {
  /// Ascending by number; of each the newest version that was in use (i_links_count > 0, i_dtime == 0) before its
  /// deletion.
  std::vector<OldInode> list;
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
  /// Inodes of which the filesystem's journal still holds an older version, and that are not in use now, or are in use
  /// as another file (of another i_generation or creation time). Reads the whole journal.
  [[nodiscard]] virtual OldInodes old_inodes() const = 0;
  /// What is wrong with metadata that reading files does not touch, such as allocation bitmaps. Reads all of it.
  [[nodiscard]] virtual Findings check_metadata() const = 0;
  /// What a map's source_offset counts in: the filesystem's bytes, as it is read.
  [[nodiscard]] virtual std::shared_ptr<const source::BlockSource> source() const = 0;
};

}  // namespace coldread::volume
