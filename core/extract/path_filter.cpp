#include "core/extract/path_filter.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

namespace coldread::extract {
namespace {

std::string trimmed(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  const std::size_t start = path.find_first_not_of('/');
  return start == std::string::npos ? std::string() : path.substr(start);
}

std::vector<std::string> trimmed(std::vector<std::string> patterns) {
  for (std::string& pattern : patterns) {
    // "/name" is anchored at the root: it keeps a "/" by which it is known as a pattern for whole paths.
    const bool anchored = pattern.find('/') != std::string::npos && pattern.find('/') + 1 != pattern.size();
    pattern = (anchored ? "/" : "") + trimmed(pattern);
  }
  return patterns;
}

bool matches_one(const std::string& pattern, const std::string& path) {
  if (pattern.find('/') != std::string::npos) return fnmatch(pattern.c_str(), ("/" + path).c_str(), 0) == 0;
  const std::size_t slash = path.rfind('/');
  return fnmatch(pattern.c_str(), path.c_str() + (slash == std::string::npos ? 0 : slash + 1), 0) == 0;
}

/// True when a pattern matches the path or a directory above it.
bool matches(const std::vector<std::string>& patterns, const std::string& path) {
  if (patterns.empty()) return false;
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string prefix = path.substr(0, end);
    for (const std::string& pattern : patterns) {
      if (matches_one(pattern, prefix)) return true;
    }
    if (end == std::string::npos) return false;
  }
}

bool is_below(std::string_view path, std::string_view directory) {
  return directory.empty() ||
         (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

}  // namespace

PathFilter::PathFilter(std::vector<std::string> include, std::vector<std::string> exclude)
    : include_(trimmed(std::move(include))), exclude_(trimmed(std::move(exclude))) {}

bool PathFilter::wants(const std::string& path, bool is_directory) const {
  if (path.empty()) return true;
  if (matches(exclude_, path)) return false;
  return is_directory || include_.empty() || matches(include_, path);
}

PathSelection::PathSelection(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) named_.push_back({path, trimmed(path), false});
}

PathSelection::Match PathSelection::match(std::string_view path) {
  if (named_.empty()) return Match::kSelected;
  Match result = Match::kNo;
  for (Named& named : named_) {
    if (path == named.path) {
      named.seen = true;
      result = Match::kSelected;
    } else if (is_below(path, named.path)) {
      result = Match::kSelected;
    } else if (result == Match::kNo && is_below(named.path, path)) {
      result = Match::kAbove;
    }
  }
  return result;
}

std::vector<std::string> PathSelection::unseen() const {
  std::vector<std::string> result;
  for (const Named& named : named_) {
    if (!named.seen) result.push_back(named.given);
  }
  return result;
}

}  // namespace coldread::extract
