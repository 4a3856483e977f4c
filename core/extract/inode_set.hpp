#pragma once

#include <bitset>
#include <cstdint>
#include <unordered_map>

#include "core/base/units.hpp"

namespace coldread::extract {

/// A set of inode numbers: a bit for each, in pages that are there only where one of their numbers is.
class InodeSet {
 public:
  /// True where it was not in the set before.
  bool insert(InodeNumber number) {
    auto bit = pages_[number.value / kPage][number.value % kPage];
    const bool is_new = !bit;
    bit = true;
    return is_new;
  }
  [[nodiscard]] bool contains(InodeNumber number) const {
    const auto page = pages_.find(number.value / kPage);
    return page != pages_.end() && page->second[number.value % kPage];
  }

 private:
  static constexpr std::uint64_t kPage = 8192;
  std::unordered_map<std::uint64_t, std::bitset<kPage>> pages_;
};

}  // namespace coldread::extract
