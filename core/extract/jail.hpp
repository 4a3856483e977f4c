#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>

#include "core/extract/descriptor.hpp"

namespace coldread::extract {

/// A value, or the errno of the system call that failed.
template <class T>
using SysResult = tl::expected<T, int>;

/// The output directory, and the only way to anything in it. Paths are raw bytes, relative, components separated by
/// "/";
/// "" is the directory itself. No path leads out: a component that is empty, ".", ".." or holds a NUL is refused
/// (EINVAL), and so is any symlink on the way (ELOOP or ENOTDIR), whoever put it there. Operations act on the last
/// component itself and never follow it. A path may be longer than PATH_MAX. Thread-safe.
class Jail {
 public:
  /// How directories below are opened: by openat2(2), or component by component where the kernel has no such call.
  enum class Resolver : std::uint8_t { kOpenat2, kWalk };

  using Handle = std::shared_ptr<const Descriptor>;

  /// Opens an existing directory; a symlink to one is followed, since the caller named it. With kOpenat2, falls back to
  /// kWalk where that is not to be had.
  [[nodiscard]] static SysResult<std::unique_ptr<Jail>> open(const std::string& directory,
                                                             Resolver resolver = Resolver::kOpenat2);
  /// As open(), for a directory inside this jail.
  [[nodiscard]] SysResult<std::unique_ptr<Jail>> inner(std::string_view path);

  /// A directory, open for reading. The last ones used are kept open.
  [[nodiscard]] SysResult<Handle> directory(std::string_view path);
  /// What lstat(2) tells.
  [[nodiscard]] SysResult<struct stat> status(std::string_view path);
  /// True when anything has that name; false too where its directory does not exist.
  [[nodiscard]] SysResult<bool> exists(std::string_view path);

  /// Makes a directory with permissions 0700.
  [[nodiscard]] SysResult<void> make_directory(std::string_view path);
  /// Makes a regular file with permissions 0600, open for writing. EEXIST where the name is taken, even by a symlink.
  [[nodiscard]] SysResult<Descriptor> create_file(std::string_view path);
  /// Gives `from` the free name `to`. EEXIST where it is taken.
  [[nodiscard]] SysResult<void> rename(std::string_view from, std::string_view to);
  /// Gives the file `existing` a further name.
  [[nodiscard]] SysResult<void> link(std::string_view existing, std::string_view path);
  [[nodiscard]] SysResult<void> symlink(const std::string& target, std::string_view path);
  /// Makes a node of the type in `mode` (S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK), with permissions 0600.
  [[nodiscard]] SysResult<void> make_node(std::string_view path, mode_t type, dev_t device);
  [[nodiscard]] SysResult<void> unlink(std::string_view path);

  /// Of what is not opened to be changed: symlinks and nodes.
  [[nodiscard]] SysResult<void> set_owner(std::string_view path, uid_t uid, gid_t gid);
  [[nodiscard]] SysResult<void> set_mode(std::string_view path, mode_t mode);
  [[nodiscard]] SysResult<void> set_times(std::string_view path, const timespec& atime, const timespec& mtime);

 private:
  struct Place {
    Handle parent;
    std::string name;
  };
  using Recent = std::list<std::pair<std::string, Handle>>;

  Jail(Descriptor root, Resolver resolver);

  SysResult<Place> locate(std::string_view path);
  SysResult<Descriptor> open_below(const Descriptor& from, std::string_view path) const;
  Handle cached(std::string_view path);
  void remember(std::string_view path, const Handle& handle);

  Handle root_;
  Resolver resolver_;
  std::mutex mutex_;                                                ///< over what follows
  Recent recent_;                                                   ///< directories, the last used first
  std::unordered_map<std::string_view, Recent::iterator> by_path_;  ///< keys point into recent_
};

/// True for a path that a jail takes and that is not "": components separated by single slashes, none of them empty,
/// ".",
/// ".." or with a NUL.
[[nodiscard]] bool is_relative_path(std::string_view path);

/// The path without its last component ("" where it has one), and that component.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_path(std::string_view path);

}  // namespace coldread::extract
