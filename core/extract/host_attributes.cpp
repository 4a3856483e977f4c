#include "core/extract/host_attributes.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <system_error>

namespace coldread::extract {
namespace {

constexpr const char* kOwner = "the owner could not be kept";
constexpr const char* kPermissions = "the permissions could not be kept";
constexpr const char* kTimes = "the times could not be kept";
constexpr const char* kExactTimes = "the times could not be kept exactly";

/// Nanoseconds are bounded: larger values from a damaged inode would mean "now" or "leave it" to the host.
timespec to_timespec(const volume::Timestamp& time) {
  timespec out{};
  out.tv_sec = time.seconds;
  out.tv_nsec = std::min(time.nanoseconds, 999'999'999U);
  return out;
}

bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

/// The host clamps times outside of its filesystem's range, rounds them to its resolution, and drops set-id bits that
/// the caller may not give, all without an error.
void check(const struct stat& st, const HostAttributes& attributes, bool has_mode, const std::string& path,
           Losses& losses) {
  if (has_mode && (st.st_mode & 07777) != attributes.mode) losses.add(kPermissions, 0, path);
  if (!same(st.st_atim, to_timespec(attributes.atime)) || !same(st.st_mtim, to_timespec(attributes.mtime))) {
    losses.add(kExactTimes, 0, path);
  }
}

}  // namespace

void Losses::add(const std::string& what, int code, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = kinds_.try_emplace({what, code});
  Kind& kind = at->second;
  ++kind.count;
  if (is_new || path < kind.least_path) kind.least_path = path;
}

std::vector<std::string> Losses::sentences() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [key, kind] : kinds_) {
    std::string sentence = std::to_string(kind.count) + (kind.count == 1 ? " entry: " : " entries: ") + key.first;
    if (key.second != 0) sentence += " (" + std::generic_category().message(key.second) + ")";
    sentence += kind.count == 1 ? ": " : ", such as ";
    sentence += kind.least_path.empty() ? "the root directory" : kind.least_path;
    out.push_back(std::move(sentence));
  }
  return out;
}

HostAttributes host_attributes(const volume::InodeFacts& facts, const SinkOptions& options) {
  HostAttributes out;
  out.mode = facts.mode & (options.setid ? 07777U : 0777U);
  out.uid = facts.uid;
  out.gid = facts.gid;
  out.owner = options.owner;
  out.atime = facts.atime;
  out.mtime = facts.mtime;
  return out;
}

void apply_xattrs(int fd, const std::vector<volume::Xattr>& xattrs, const std::string& path, Losses& losses) {
  constexpr std::string_view kUser = "user.";
  for (const volume::Xattr& xattr : xattrs) {
    if (xattr.name.compare(0, kUser.size(), kUser) != 0) continue;
    const bool has_nul = xattr.name.find('\0') != std::string::npos;
    const int failed = has_nul ? -1 : ::fsetxattr(fd, xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0);
    if (failed != 0) losses.add("a user xattr could not be kept", has_nul ? EINVAL : errno, path);
  }
}

void apply(int fd, const HostAttributes& attributes, const std::string& path, Losses& losses) {
  // The owner comes first: a change of owner takes the set-id bits away.
  if (attributes.owner && ::fchown(fd, attributes.uid, attributes.gid) != 0) losses.add(kOwner, errno, path);
  const bool has_mode = ::fchmod(fd, attributes.mode) == 0;
  if (!has_mode) losses.add(kPermissions, errno, path);
  const timespec times[2] = {// NOLINT(modernize-avoid-c-arrays): futimens takes one
                             to_timespec(attributes.atime), to_timespec(attributes.mtime)};
  if (::futimens(fd, times) != 0) return losses.add(kTimes, errno, path);
  struct stat st {};
  if (::fstat(fd, &st) == 0) check(st, attributes, has_mode, path, losses);
}

void apply_unopened(Jail& jail, const std::string& path, const HostAttributes& attributes, bool is_symlink,
                    Losses& losses) {
  if (attributes.owner) {
    const auto owned = jail.set_owner(path, attributes.uid, attributes.gid);
    if (!owned) losses.add(kOwner, owned.error(), path);
  }
  bool has_mode = false;
  if (!is_symlink) {
    const auto moded = jail.set_mode(path, attributes.mode);
    has_mode = moded.has_value();
    if (!moded) losses.add(kPermissions, moded.error(), path);
  }
  const auto timed = jail.set_times(path, to_timespec(attributes.atime), to_timespec(attributes.mtime));
  if (!timed) return losses.add(kTimes, timed.error(), path);
  if (const auto st = jail.status(path)) check(*st, attributes, has_mode, path, losses);
}

}  // namespace coldread::extract
