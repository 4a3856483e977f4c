#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/extract/jail.hpp"
#include "core/volume/inode.hpp"

namespace coldread::extract {

/// What of an inode the host is also made to carry (--preserve), beyond permissions, times and user xattrs.
struct SinkOptions {
  bool owner = false;    ///< user and group
  bool setid = false;    ///< the set-user-id, set-group-id and sticky bits
  bool special = false;  ///< device nodes, fifos and sockets
};

/// What the output could not carry, counted by kind. The same losses give the same sentences in whatever order they
/// came: each names the entry whose path is the least. Thread-safe.
class Losses {
 public:
  /// `what` is a clause such as "the owner could not be kept"; `code` the errno, or 0 where there is none.
  void add(const std::string& what, int code, const std::string& path);
  /// A sentence for each kind, sorted.
  [[nodiscard]] std::vector<std::string> sentences() const;

 private:
  struct Kind {
    std::uint64_t count = 0;
    std::string least_path;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, Kind> kinds_;
};

/// What an inode on the host is to look like.
struct HostAttributes {
  mode_t mode = 0;  ///< permission bits; set-id and sticky bits only where they are preserved
  uid_t uid = 0;
  gid_t gid = 0;
  bool owner = false;  ///< whether uid and gid are given to it
  volume::Timestamp atime;
  volume::Timestamp mtime;
};

[[nodiscard]] HostAttributes host_attributes(const volume::InodeFacts& facts, const SinkOptions& options);

/// Gives an open file or directory its attributes in the namespace "user."; others have a meaning to the host's own
/// security and are only reported. What is refused becomes a loss of `path`.
void apply_xattrs(int fd, const std::vector<volume::Xattr>& xattrs, const std::string& path, Losses& losses);

/// Gives an open file or directory its owner, permissions and times, and checks that it has them. Call it last: the
/// owner's permissions may forbid the rest, and writing would change the times.
void apply(int fd, const HostAttributes& attributes, const std::string& path, Losses& losses);

/// The same for what is not opened: a symlink (which has no permissions of its own) or a node.
void apply_unopened(Jail& jail, const std::string& path, const HostAttributes& attributes, bool is_symlink,
                    Losses& losses);

}  // namespace coldread::extract
