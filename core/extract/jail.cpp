#include "core/extract/jail.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace coldread::extract {
namespace {

constexpr std::size_t kKeptOpen = 64;
/// openat2 takes up to PATH_MAX (4096) bytes with the final NUL; a longer path is opened in pieces.
constexpr std::size_t kMaxPiece = 4095;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

tl::unexpected<int> last_errno() { return tl::unexpected<int>(errno); }

SysResult<void> done(int result) {
  if (result != 0) return last_errno();
  return {};
}

bool is_component(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('\0') == std::string_view::npos;
}

/// How much of the path one openat2 can take: all of it, or up to a slash; 0 where a component is too long for that.
std::size_t piece_length(std::string_view path) {
  if (path.size() <= kMaxPiece) return path.size();
  const std::size_t slash = path.rfind('/', kMaxPiece);
  return slash == std::string_view::npos ? 0 : slash;
}

int openat2_beneath(int directory, const char* path) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(kDirectoryFlags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof(how)));
}

}  // namespace

bool is_relative_path(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_component(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Jail::Jail(Descriptor root, Resolver resolver)
    : root_(std::make_shared<const Descriptor>(std::move(root))), resolver_(resolver) {}

SysResult<std::unique_ptr<Jail>> Jail::open(const std::string& directory, Resolver resolver) {
  Descriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) return last_errno();
  if (resolver == Resolver::kOpenat2) {
    // Before Linux 5.6: ENOSYS; within some containers: EPERM.
    const Descriptor probe(openat2_beneath(root.get(), "."));
    if (probe.get() < 0) resolver = Resolver::kWalk;
  }
  return std::unique_ptr<Jail>(new Jail(std::move(root), resolver));
}

SysResult<std::unique_ptr<Jail>> Jail::inner(std::string_view path) {
  auto root = open_below(*root_, path);
  if (!root) return tl::unexpected<int>(root.error());
  return std::unique_ptr<Jail>(new Jail(*std::move(root), resolver_));
}

SysResult<Descriptor> Jail::open_below(const Descriptor& from, std::string_view path) const {
  if (!is_relative_path(path)) return tl::unexpected<int>(EINVAL);
  const bool walk = resolver_ == Resolver::kWalk;
  Descriptor at;
  while (!path.empty()) {
    const std::size_t length = walk ? std::min(path.find('/'), path.size()) : piece_length(path);
    if (length == 0) return tl::unexpected<int>(ENAMETOOLONG);
    const std::string piece(path.substr(0, length));
    const int base = at.get() < 0 ? from.get() : at.get();
    Descriptor next(walk ? ::openat(base, piece.c_str(), kDirectoryFlags) : openat2_beneath(base, piece.c_str()));
    if (next.get() < 0) return last_errno();
    at = std::move(next);
    path.remove_prefix(std::min(length + 1, path.size()));
  }
  return at;
}

Jail::Handle Jail::cached(std::string_view path) {
  if (path.empty()) return root_;
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

void Jail::remember(std::string_view path, const Handle& handle) {
  recent_.emplace_front(std::string(path), handle);
  by_path_.emplace(recent_.front().first, recent_.begin());
  if (recent_.size() <= kKeptOpen) return;
  by_path_.erase(recent_.back().first);
  recent_.pop_back();
}

SysResult<Jail::Handle> Jail::directory(std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (Handle known = cached(path)) return known;
  const auto [parent_path, name] = split_path(path);
  const Handle parent = cached(parent_path);
  auto opened = parent && path.front() != '/' ? open_below(*parent, name) : open_below(*root_, path);
  if (!opened) return tl::unexpected<int>(opened.error());
  Handle handle = std::make_shared<const Descriptor>(*std::move(opened));
  remember(path, handle);
  return handle;
}

SysResult<Jail::Place> Jail::locate(std::string_view path) {
  const auto [parent_path, name] = split_path(path);
  if (!is_component(name) || path.front() == '/') return tl::unexpected<int>(EINVAL);
  auto parent = directory(parent_path);
  if (!parent) return tl::unexpected<int>(parent.error());
  return Place{*std::move(parent), std::string(name)};
}

SysResult<struct stat> Jail::status(std::string_view path) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  struct stat st {};
  if (::fstatat(at->parent->get(), at->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return last_errno();
  return st;
}

SysResult<bool> Jail::exists(std::string_view path) {
  const auto st = status(path);
  if (st) return true;
  if (st.error() == ENOENT) return false;
  return tl::unexpected<int>(st.error());
}

SysResult<void> Jail::make_directory(std::string_view path) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  return done(::mkdirat(at->parent->get(), at->name.c_str(), 0700));
}

SysResult<Descriptor> Jail::create_file(std::string_view path) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  Descriptor file(::openat(at->parent->get(), at->name.c_str(), kFlags, 0600));
  if (file.get() < 0) return last_errno();
  return file;
}

SysResult<void> Jail::rename(std::string_view from, std::string_view to) {
  const auto source = locate(from);
  if (!source) return tl::unexpected<int>(source.error());
  const auto target = locate(to);
  if (!target) return tl::unexpected<int>(target.error());
  const auto& [old_parent, old_name] = *source;
  const auto& [new_parent, new_name] = *target;
  if (::renameat2(old_parent->get(), old_name.c_str(), new_parent->get(), new_name.c_str(), RENAME_NOREPLACE) == 0) {
    return {};
  }
  if (errno != EINVAL && errno != ENOSYS) return last_errno();
  // A filesystem without RENAME_NOREPLACE. The gap between test and rename could at worst replace a name in this
  // directory, never write through it.
  const auto taken = exists(to);
  if (!taken) return tl::unexpected<int>(taken.error());
  if (*taken) return tl::unexpected<int>(EEXIST);
  return done(::renameat(old_parent->get(), old_name.c_str(), new_parent->get(), new_name.c_str()));
}

SysResult<void> Jail::link(std::string_view existing, std::string_view path) {
  const auto source = locate(existing);
  if (!source) return tl::unexpected<int>(source.error());
  const auto target = locate(path);
  if (!target) return tl::unexpected<int>(target.error());
  return done(::linkat(source->parent->get(), source->name.c_str(), target->parent->get(), target->name.c_str(), 0));
}

SysResult<void> Jail::symlink(const std::string& target, std::string_view path) {
  if (target.find('\0') != std::string::npos) return tl::unexpected<int>(EINVAL);
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  return done(::symlinkat(target.c_str(), at->parent->get(), at->name.c_str()));
}

SysResult<void> Jail::make_node(std::string_view path, mode_t type, dev_t device) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  return done(::mknodat(at->parent->get(), at->name.c_str(), (type & S_IFMT) | 0600, device));
}

SysResult<void> Jail::unlink(std::string_view path) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  return done(::unlinkat(at->parent->get(), at->name.c_str(), 0));
}

SysResult<void> Jail::set_owner(std::string_view path, uid_t uid, gid_t gid) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  return done(::fchownat(at->parent->get(), at->name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW));
}

SysResult<void> Jail::set_mode(std::string_view path, mode_t mode) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  return done(::fchmodat(at->parent->get(), at->name.c_str(), mode, AT_SYMLINK_NOFOLLOW));
}

SysResult<void> Jail::set_times(std::string_view path, const timespec& atime, const timespec& mtime) {
  const auto at = locate(path);
  if (!at) return tl::unexpected<int>(at.error());
  const timespec times[2] = {atime, mtime};  // NOLINT(modernize-avoid-c-arrays): utimensat takes one
  return done(::utimensat(at->parent->get(), at->name.c_str(), times, AT_SYMLINK_NOFOLLOW));
}

}  // namespace coldread::extract
