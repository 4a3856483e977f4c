#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/extract/content.hpp"
#include "core/extract/deleted.hpp"
#include "core/extract/orphans.hpp"
#include "core/extract/path_filter.hpp"
#include "core/report/records.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// One name that the walk came to.
struct WalkItem {
  std::string path;  ///< raw bytes, from the filesystem's root, without a leading "/"; the root is ""
  InodeNumber number;
  std::shared_ptr<const volume::Inode> inode;  ///< null where it could not be read
  std::optional<Error> error;                  ///< why, then
  std::optional<Encryption> encryption;
  bool name_locked = false;  ///< the name is a no-key name: the key of its directory is missing
  /// The name as it is stored, where it is locked and its directory is one of the filesystem's.
  std::optional<report::NameCiphertext> name_ciphertext;
  std::optional<DeletedFile> deleted;  ///< it is what remains of a deleted file; `inode` is null where only a name is
  std::vector<std::string> problems;   ///< findings; with any of them the entry is not `ok`

  [[nodiscard]] bool locked() const { return name_locked || (encryption && encryption->key == nullptr); }
};

/// Walks a volume depth first, names in byte order within their directory, the root first. A loop with a stack: a
/// directory is entered once, and at most kMaxDepth deep.
class TreeWalker {
 public:
  static constexpr std::size_t kMaxDepth = 2048;

  /// `selection` prunes the walk to the named paths, the directories above them and all below them. All referred to
  /// must outlive the walker.
  TreeWalker(const volume::Volume& volume, const fscrypt::KeyRing& keys, PathSelection& selection);

  /// Lists `orphans` too, as if the root had a directory kOrphansDirectory with them, for which there is no item.
  void add_orphans(const Orphans& orphans);
  /// Lists `deleted` in the same manner, below kDeletedDirectory. Directories among them are not entered.
  void add_deleted(const DeletedFiles& deleted);

  /// Directories at this depth (the root's is 0) and below are not entered: their entries are not walked to.
  void limit_depth(std::size_t depth) { max_depth_ = depth; }

  /// The next item, or nothing at the end.
  [[nodiscard]] std::optional<WalkItem> next();

 private:
  struct Child {
    std::string name;  ///< as the kernel shows it
    InodeNumber number;
    bool name_locked = false;
    std::optional<std::string> problem;
    std::string stored_name = {};               ///< of a locked name
    bool is_orphan = false;                     ///< its name is made up, and it may have no link
    const DeletedFile* deleted = nullptr;       ///< what remains of a deleted file
    const std::vector<Child>* below = nullptr;  ///< of a directory that the filesystem does not have
  };
  struct Frame {
    std::string path;
    std::optional<fscrypt::Policy> policy;  ///< of the directory
    std::vector<Child> children;            ///< sorted
    std::size_t at = 0;
    std::uint64_t inode = 0;   ///< of the directory
    std::string context = {};  ///< hex, where its names are locked
  };

  WalkItem visit(std::string path, const Child& child, const Frame* parent);
  void enter(WalkItem& item);
  /// The directory's names as the kernel shows them, in byte order.
  std::vector<Child> list(WalkItem& item);
  static void add_made_up(const char* name, const std::vector<Child>& below, std::vector<Child>& children);

  const volume::Volume& volume_;
  const fscrypt::KeyRing& keys_;
  PathSelection& selection_;
  std::vector<Child> orphans_;
  std::vector<Child> deleted_;
  std::vector<Frame> stack_;
  std::unordered_set<std::uint64_t> entered_;
  std::size_t max_depth_ = kMaxDepth;
  bool started_ = false;
};

}  // namespace coldread::extract
