#pragma once

#include <sys/stat.h>

#include <string>

namespace coldread::cli {

[[nodiscard]] inline bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// True where both paths lead to one file that is there: to be asked before an output replaces what is read.
[[nodiscard]] inline bool is_same_file(const std::string& first, const std::string& second) {
  struct stat a {};
  struct stat b {};
  return ::stat(first.c_str(), &a) == 0 && ::stat(second.c_str(), &b) == 0 && is_same_file(a, b);
}

}  // namespace coldread::cli
