#include "core/extract/orphans.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/extract/inode_set.hpp"

namespace coldread::extract {
namespace {

/// Follows names from directories, each of which is entered once.
class Reach {
 public:
  explicit Reach(const volume::Volume& volume) : volume_(volume) {}

  /// Takes in `top`, which is `inode`, and all that names below it lead to.
  void go(InodeNumber top, const volume::Inode& inode) {
    reached_.insert(top);
    enter(inode);
    while (!pending_.empty()) {
      const InodeNumber number = pending_.back();
      pending_.pop_back();
      if (const auto next = volume_.inode(number)) enter(**next);
    }
  }

  [[nodiscard]] bool has(InodeNumber number) const { return reached_.contains(number); }

 private:
  void enter(const volume::Inode& inode) {
    if (inode.facts().type != volume::FileType::kDir) return;
    const auto directory = inode.entries();
    if (!directory) return;
    for (const volume::DirEntry& entry : directory->entries) {
      if (reached_.insert(entry.inode)) pending_.push_back(entry.inode);
    }
  }

  const volume::Volume& volume_;
  InodeSet reached_;
  std::vector<InodeNumber> pending_;
};

/// What a directory's names lead to.
void add_named(const volume::Inode& inode, InodeSet& named) {
  if (inode.facts().type != volume::FileType::kDir) return;
  const auto directory = inode.entries();
  if (!directory) return;
  for (const volume::DirEntry& entry : directory->entries) {
    if (entry.inode != inode.facts().number) named.insert(entry.inode);
  }
}

}  // namespace

Orphans find_orphans(const volume::Volume& volume) {
  Orphans orphans;
  Reach reach(volume);
  if (const auto root = volume.inode(volume.root())) reach.go(volume.root(), **root);

  std::vector<Orphan> lost;
  InodeSet named;  // by a lost directory
  InodeNumber next{1};
  while (next.value != 0) {
    volume::InodeList some = volume.inodes_in_use(next);
    for (Finding& finding : some.findings) orphans.findings.push_back(std::move(finding));
    for (const InodeNumber number : some.inodes) {
      if (reach.has(number)) continue;
      auto inode = volume.nameless_inode(number);
      if (!inode && inode.error().kind == ErrorKind::kNotFound) continue;
      if (inode) add_named(**inode, named);
      lost.push_back({std::to_string(number.value), number});
    }
    next = some.next.value > next.value ? some.next : InodeNumber{};
  }

  // First those that no lost directory names. What then is still not reached are directories that name each other.
  for (const bool only_unnamed : {true, false}) {
    for (Orphan& orphan : lost) {
      if (reach.has(orphan.number) || (only_unnamed && named.contains(orphan.number))) continue;
      if (const auto inode = volume.nameless_inode(orphan.number)) reach.go(orphan.number, **inode);
      orphans.list.push_back(std::move(orphan));
    }
  }
  std::sort(orphans.list.begin(), orphans.list.end(), [](const Orphan& a, const Orphan& b) { return a.name < b.name; });
  return orphans;
}

}  // namespace coldread::extract
