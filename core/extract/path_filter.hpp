#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coldread::extract {

/// Which paths are wanted. Patterns are globs (fnmatch(3): `*` crosses "/"). One with a "/" is held against the whole
/// path from the root, one without against the last component. A pattern that matches a directory matches all below it.
class PathFilter {
 public:
  /// Without `include` all is wanted; what `exclude` matches never is.
  PathFilter() = default;
  PathFilter(std::vector<std::string> include, std::vector<std::string> exclude);

  /// True when the entry at `path` (no leading "/") is wanted. Directories pass `include` always: what is below
  /// decides.
  [[nodiscard]] bool wants(const std::string& path, bool is_directory) const;

 private:
  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
};

/// The paths that a command named, and what lies below and above them.
class PathSelection {
 public:
  enum class Match { kNo, kAbove, kSelected };

  /// No paths at all: everything is selected. Leading and trailing "/" do not matter.
  explicit PathSelection(const std::vector<std::string>& paths);

  /// kSelected: the path is one of those named or below one; kAbove: a named path lies below it.
  [[nodiscard]] Match match(std::string_view path);
  /// The named paths that match() never saw, as they were given.
  [[nodiscard]] std::vector<std::string> unseen() const;

 private:
  struct Named {
    std::string given;
    std::string path;
    bool seen = false;
  };
  std::vector<Named> named_;
};

}  // namespace coldread::extract
