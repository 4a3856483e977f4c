#include "core/extract/deleted.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/extract/inode_set.hpp"
#include "core/extract/shown_names.hpp"
#include "core/extract/tree_walker.hpp"

namespace coldread::extract {
namespace {

/// Depth first, names in byte order within their directory: "/" comes before every other byte.
bool before(const DeletedFile& a, const DeletedFile& b) {
  const auto rank = [](char c) { return c == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(c)); };
  const auto less = [&](char x, char y) { return rank(x) < rank(y); };
  return std::lexicographical_compare(a.path.begin(), a.path.end(), b.path.begin(), b.path.end(), less);
}

class Search {
 public:
  Search(const volume::Volume& volume, const fscrypt::KeyRing& keys) : volume_(volume), keys_(keys) {
    volume::OldInodes old = volume.old_inodes();
    found_.findings = std::move(old.findings);
    for (volume::OldInode& inode : old.list) {
      const std::uint64_t number = inode.number.value;
      old_.emplace(number, std::move(inode));
      numbers_.push_back(number);
    }
  }

  DeletedFiles go() {
    PathSelection everything({});
    TreeWalker walker(volume_, keys_, everything);
    while (auto item = walker.next()) {
      if (item->inode && !item->error && item->inode->facts().type == volume::FileType::kDir) {
        add_names(item->path, *item->inode, item->encryption, false);
        enter_old_directories();
      }
    }
    // Directories first: their names lead to the others.
    for (const bool directories : {true, false}) {
      for (const std::uint64_t number : numbers_) {
        const volume::OldInode& old = old_.at(number);
        if (named_.contains(old.number)) continue;
        if (directories && old.inode->facts().type != volume::FileType::kDir) continue;
        add("#" + std::to_string(number), {}, old.number);
        enter_old_directories();
      }
    }
    std::sort(found_.list.begin(), found_.list.end(), before);
    return std::move(found_);
  }

 private:
  /// The names that remain in a directory at `path`. Of a directory that is itself deleted, all its names do.
  void add_names(const std::string& path, const volume::Inode& directory, const std::optional<Encryption>& encryption,
                 bool all) {
    const ShownNames names(encryption);
    const auto add_all = [&](Result<volume::Directory> list) {
      if (!list) return;
      for (volume::DirEntry& entry : list->entries) {
        const InodeNumber number = entry.inode;
        ShownNames::Name name = names.show(std::move(entry));
        std::string whole = path.empty() ? name.text : path + "/" + name.text;
        add(std::move(whole), std::move(name), number);
      }
    };
    add_all(directory.deleted_entries());
    if (all) add_all(directory.entries());
  }

  void add(std::string path, ShownNames::Name name, InodeNumber number) {
    if (!paths_.insert(path).second) {
      path += "#" + std::to_string(number.value);
      if (!paths_.insert(path).second) return;
    }
    DeletedFile file{std::move(path), name.locked, std::move(name.problem), number, std::nullopt};
    if (const auto old = old_.find(number.value); old != old_.end()) {
      file.old = old->second;
      named_.insert(number);
      const bool is_directory = old->second.inode->facts().type == volume::FileType::kDir;
      if (is_directory && entered_.insert(number)) pending_.emplace_back(file.path, number);
    }
    found_.list.push_back(std::move(file));
  }

  void enter_old_directories() {
    while (!pending_.empty()) {
      const auto [path, number] = std::move(pending_.back());
      pending_.pop_back();
      const volume::Inode& inode = *old_.at(number.value).inode;
      const auto encryption = find_encryption(inode, keys_, volume_.facts());
      if (encryption) add_names(path, inode, *encryption, true);
    }
  }

  const volume::Volume& volume_;
  const fscrypt::KeyRing& keys_;
  std::unordered_map<std::uint64_t, volume::OldInode> old_;
  std::vector<std::uint64_t> numbers_;  ///< of old_, ascending
  InodeSet named_;
  InodeSet entered_;
  std::vector<std::pair<std::string, InodeNumber>> pending_;  ///< old directories whose names are to be added
  std::unordered_set<std::string> paths_;
  DeletedFiles found_;
};

}  // namespace

DeletedFiles find_deleted(const volume::Volume& volume, const fscrypt::KeyRing& keys) {
  return Search(volume, keys).go();
}

}  // namespace coldread::extract
