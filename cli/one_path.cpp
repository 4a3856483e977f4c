#include "cli/one_path.hpp"

#include <utility>

namespace coldread::cli {

Result<OnePath> open_one_path(const Arguments& arguments, Io& io) {
  OnePath at;
  auto session = open_session(arguments, io);
  if (!session) return fail(std::move(session.error()));
  at.session = std::move(*session);
  auto found = only_filesystem(at.session);
  if (!found) return fail(ErrorKind::kNotFound, arguments.image, found.error().what);
  at.found = *found;
  if (at.found->volume == nullptr) return fail(*at.found->error);
  if (!at.volume().facts().replay.whole) {
    for (const Finding& finding : at.volume().facts().findings) complain(io, arguments.image + ": " + finding);
  }
  at.lost = find_lost(at.volume(), *at.session.keys, arguments);
  for (const Finding& finding : at.lost.findings()) complain(io, arguments.image + ": " + finding);
  auto item =
      find_path(at.volume(), *at.session.keys, arguments.paths.empty() ? "/" : arguments.paths.front(), at.lost);
  if (!item) return fail(std::move(item.error()));
  at.item = std::move(*item);
  at.page_size = page_size_for(arguments, at.volume());
  return at;
}

report::Entry describe_whole(const volume::Volume& volume, const extract::WalkItem& item,
                             extract::PolicyTable& policies) {
  report::Entry entry = extract::describe(item, policies);
  if (!item.inode || item.error) return entry;
  extract::add_xattrs(item.inode->xattrs(), entry);
  if (item.inode->facts().type == volume::FileType::kSymlink) {
    auto link = extract::read_link(volume, *item.inode, item.encryption ? &*item.encryption : nullptr);
    if (link) {
      entry.target = std::move(link->target);
      entry.size = link->size;
    } else {
      extract::add_damage(entry, "its target cannot be read: " + link.error().message());
    }
  }
  // Its content was not read, so nothing is said of it.
  if (item.inode->facts().type == volume::FileType::kFile && entry.status == "ok") entry.status.clear();
  return entry;
}

Result<extract::ContentPlan> plan_file(const OnePath& at, const std::atomic<bool>* stop) {
  if (at.item.error) return fail(*at.item.error);
  const std::string& path = at.item.path;
  const volume::FileType type = at.item.inode->facts().type;
  if (type != volume::FileType::kFile) {
    return fail(ErrorKind::kNotFound, path,
                "is no regular file (its type is " + std::string(volume::to_string(type)) + ")");
  }
  if (at.item.encryption && at.item.encryption->key == nullptr) {
    return fail(ErrorKind::kLocked, path, "is locked: " + why_locked(*at.item.encryption));
  }
  return extract::plan_content(at.volume(), *at.item.inode, at.encryption(), at.page_size, stop);
}

}  // namespace coldread::cli
