#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/base/finding.hpp"

namespace coldread::volume {

/// Findings about one directory. Of a wrecked one only the first are said, and how many others there are.
class DirectoryNotes {
 public:
  /// `where` names the inode.
  explicit DirectoryNotes(std::string where) : where_(std::move(where)) {}

  void add(const std::string& what) {
    if (findings_.size() < kMax) {
      findings_.push_back(where_ + ", " + what);
    } else {
      ++unsaid_;
    }
  }

  [[nodiscard]] Findings take() {
    if (unsaid_ != 0) {
      findings_.push_back(where_ + ": " + std::to_string(unsaid_) + " further findings in this directory");
    }
    return std::move(findings_);
  }

 private:
  static constexpr std::size_t kMax = 100;

  std::string where_;
  Findings findings_;
  std::uint64_t unsaid_ = 0;
};

}  // namespace coldread::volume
