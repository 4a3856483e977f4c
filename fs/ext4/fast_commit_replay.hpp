#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/finding.hpp"
#include "fs/ext4/fast_commit_scan.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_changes.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/recovery_edits.hpp"

namespace coldread::ext4 {

/// Applies the records of fast commits, in their order, as the kernel's replay does (ext4_fc_replay,
/// fs/ext4/fast_commit.c). That includes what it does not do: no tag changes the link count of a directory's parent,
/// and a new directory has one link. Times that the kernel would set to the moment of recovery stay as they lie.
class FastCommitReplay {
 public:
  /// `filesystem` is read as it is after the journal's log was replayed.
  explicit FastCommitReplay(std::shared_ptr<const Filesystem> filesystem);

  /// Applies one record. False where the kernel gives up recovery, and refuses to mount: a finding says why, and
  /// nothing further is to be applied.
  [[nodiscard]] bool apply(const FastCommitRecord& record);

  [[nodiscard]] InodeChanges& inodes() { return inodes_; }
  [[nodiscard]] RecoveryEdits& edits() { return edits_; }
  [[nodiscard]] Findings& findings() { return findings_; }

 private:
  /// A directory's names as they stand.
  struct Names {
    bool encrypted = false;
    bool casefold = false;
    std::map<std::string, std::uint64_t> inodes;
  };
  /// Parent, inode and name of CREAT, LINK and UNLINK.
  struct Dentry {
    std::uint64_t parent;
    std::uint64_t inode;
    std::string name;
  };

  static Dentry dentry_of(const FastCommitRecord& record);

  void add_range(const FastCommitRecord& record);
  void del_range(const FastCommitRecord& record);
  bool replace_inode(const FastCommitRecord& record);
  bool create(const FastCommitRecord& record);
  bool link(const FastCommitRecord& record, const Dentry& dentry, InodeRecord& inode);
  void unlink(const FastCommitRecord& record);

  /// Makes an inode an empty directory. False where the kernel would not, since its first block is mapped already.
  bool init_directory(InodeRecord& inode);
  /// The names of a directory that is in use; null otherwise, or where reading them would cost too much.
  Names* names_of(std::uint64_t directory);
  std::map<std::string, std::uint64_t>::iterator find_name(Names& names, const Dentry& dentry);
  void remove_name(Names& names, std::map<std::string, std::uint64_t>::iterator name, std::uint64_t directory);
  void add_name(Names& names, const Dentry& dentry);
  [[nodiscard]] bool first_block_mapped(const InodeRecord& inode) const;
  void note(const FastCommitRecord& record, const std::string& what);
  bool refuse(const FastCommitRecord& record, const std::string& why);

  std::shared_ptr<const Filesystem> filesystem_;
  InodeChanges inodes_;
  RecoveryEdits edits_;
  std::unordered_map<std::uint64_t, Names> names_;
  std::uint64_t name_budget_;  // bytes of directories that may still be read
  std::uint64_t fold_budget_;  // names that may still be compared without case
  Findings findings_;
};

}  // namespace coldread::ext4
