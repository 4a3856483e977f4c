#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/extract/jail.hpp"

namespace coldread::extract {

/// Which name each entry has in the output: its own wherever the host can have it; shortened where it is too long
/// (its first bytes, "~", 16 hex digits of its SHA-256); with "~2", "~3", ... where the name is taken. Names depend on
/// nothing but the order of the calls. Thread-safe.
class OutputNames {
 public:
  /// `name_limit`: bytes that one component may have on the host, at least 64.
  OutputNames(Jail& jail, std::size_t name_limit) : jail_(jail), name_limit_(name_limit) {}

  /// Chooses the output path of the entry `path` and reserves it: no other entry will get it. Its name ends with
  /// `ending`, whatever else is done to it. Errors: EINVAL (no path
  /// that may exist), ENOENT (its directory does not exist in the output), EEXIST (too many entries of that name), and
  /// whatever the host says.
  [[nodiscard]] SysResult<std::string> claim(const std::string& path, const std::string& ending = "");

  /// Says that the path now exists in the output. A path whose entry is not written after all stays reserved.
  void settle(const std::string& placed);

  /// Where entries of the directory `path` go: below `placed`, from now on.
  void place_directory(const std::string& path, const std::string& placed);

  /// The output path of a directory that was placed (or of one that was not, as if its own name were free).
  [[nodiscard]] std::string directory(const std::string& path) const;

 private:
  [[nodiscard]] std::string directory_locked(std::string_view path) const;
  [[nodiscard]] std::string name_on_host(std::string_view name, const std::string& suffix) const;
  SysResult<bool> reserve(const std::string& placed);

  Jail& jail_;
  std::size_t name_limit_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string> reserved_;
  std::unordered_map<std::string, std::string> moved_;     ///< directories whose place is not their path
  std::unordered_map<std::string, unsigned> next_suffix_;  ///< of names that were taken, so that no search is long
};

}  // namespace coldread::extract
