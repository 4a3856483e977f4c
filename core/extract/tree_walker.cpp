#include "core/extract/tree_walker.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/extract/shown_names.hpp"

namespace coldread::extract {

TreeWalker::TreeWalker(const volume::Volume& volume, const fscrypt::KeyRing& keys, PathSelection& selection)
    : volume_(volume), keys_(keys), selection_(selection) {}

void TreeWalker::add_orphans(const Orphans& orphans) {
  for (const Orphan& orphan : orphans.list) {
    Child child{orphan.name, orphan.number, false, std::nullopt};
    child.is_orphan = true;
    orphans_.push_back(std::move(child));
  }
}

void TreeWalker::add_deleted(const DeletedFiles& deleted) {
  for (const DeletedFile& file : deleted.list) {
    Child child{file.path, file.number, file.name_locked, file.problem};
    child.deleted = &file;
    deleted_.push_back(std::move(child));
  }
}

/// Adds a directory that the filesystem does not have to the root's children, where there is something below it.
void TreeWalker::add_made_up(const char* name, const std::vector<Child>& below, std::vector<Child>& children) {
  if (below.empty()) return;
  Child above{name, {}, false, std::nullopt};
  above.below = &below;
  const auto by_name = [](const Child& a, const Child& b) { return a.name < b.name; };
  children.insert(std::lower_bound(children.begin(), children.end(), above, by_name), above);
}

std::optional<WalkItem> TreeWalker::next() {
  if (!started_) {
    started_ = true;
    static_cast<void>(selection_.match(""));  // a selection of "/" is seen here
    return visit("", Child{"", volume_.root(), false, std::nullopt}, nullptr);
  }
  while (!stack_.empty()) {
    Frame& top = stack_.back();
    if (top.at == top.children.size()) {
      stack_.pop_back();
      continue;
    }
    const Child& child = top.children[top.at++];
    std::string path = top.path.empty() ? child.name : top.path + "/" + child.name;
    if (selection_.match(path) == PathSelection::Match::kNo) continue;
    if (child.below != nullptr) {
      stack_.push_back({std::move(path), std::nullopt, *child.below, 0});
      continue;
    }
    return visit(std::move(path), Child(child), &top);
  }
  return std::nullopt;
}

WalkItem TreeWalker::visit(std::string path, const Child& child, const Frame* parent) {
  WalkItem item;
  item.path = std::move(path);
  item.number = child.number;
  item.name_locked = child.name_locked;
  if (child.name_locked && parent != nullptr && !parent->context.empty()) {
    item.name_ciphertext = {child.stored_name, parent->inode, parent->context};
  }
  if (child.problem) item.problems.push_back(*child.problem);

  if (child.deleted != nullptr) {
    item.deleted = *child.deleted;
    if (!child.deleted->old) return item;
    item.inode = child.deleted->old->inode;
  } else {
    auto inode = child.is_orphan ? volume_.nameless_inode(child.number) : volume_.inode(child.number);
    if (!inode) {
      item.error = std::move(inode.error());
      return item;
    }
    item.inode = std::move(*inode);
  }
  const volume::InodeFacts& facts = item.inode->facts();
  for (const Finding& finding : item.inode->findings()) item.problems.push_back(finding);

  auto encryption = find_encryption(*item.inode, keys_, volume_.facts());
  if (encryption) {
    item.encryption = std::move(*encryption);
  } else {
    item.error = std::move(encryption.error());
    return item;
  }
  const bool has_policy = facts.type == volume::FileType::kFile || facts.type == volume::FileType::kDir ||
                          facts.type == volume::FileType::kSymlink;
  if (parent != nullptr && parent->policy && has_policy &&
      (!item.encryption || item.encryption->context.policy != *parent->policy)) {
    item.problems.emplace_back("its encryption policy is not that of its directory: the kernel refuses to open it");
  }
  if (facts.type == volume::FileType::kDir && !item.deleted) enter(item);
  return item;
}

void TreeWalker::enter(WalkItem& item) {
  if (stack_.size() >= max_depth_ && max_depth_ < kMaxDepth) return;
  if (!entered_.insert(item.number.value).second) {
    item.problems.emplace_back("this directory has a second name: its entries are listed under the first one only");
    return;
  }
  if (stack_.size() >= kMaxDepth) {
    item.problems.push_back("directories are nested over " + std::to_string(kMaxDepth) +
                            " deep: its entries are not listed");
    return;
  }
  std::vector<Child> children = list(item);
  if (item.path.empty()) {
    add_made_up(kOrphansDirectory, orphans_, children);
    add_made_up(kDeletedDirectory, deleted_, children);
  }
  Frame frame{item.path, std::nullopt, std::move(children), 0};
  frame.inode = item.number.value;
  if (item.encryption) {
    frame.policy = item.encryption->context.policy;
    const auto context = item.encryption->key == nullptr ? item.inode->encryption_context() : Bytes();
    if (context) frame.context = to_hex(*context);
  }
  stack_.push_back(std::move(frame));
}

std::vector<TreeWalker::Child> TreeWalker::list(WalkItem& item) {
  auto directory = item.inode->entries();
  if (!directory) {
    item.problems.push_back("its entries cannot be listed: " + directory.error().message());
    return {};
  }
  for (Finding& finding : directory->findings) item.problems.push_back(std::move(finding));

  const ShownNames names(item.encryption);
  if (names.problem()) item.problems.push_back(*names.problem());

  std::vector<Child> children;
  children.reserve(directory->entries.size());
  for (volume::DirEntry& entry : directory->entries) {
    const InodeNumber number = entry.inode;
    ShownNames::Name name = names.show(std::move(entry));
    Child child{std::move(name.text), number, name.locked, std::move(name.problem)};
    child.stored_name = std::move(name.stored);
    children.push_back(std::move(child));
  }
  std::stable_sort(children.begin(), children.end(), [](const Child& a, const Child& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < children.size(); ++i) {
    if (children[i].name == children[i - 1].name) children[i].problem = "its directory holds this name more than once";
  }
  return children;
}

}  // namespace coldread::extract
