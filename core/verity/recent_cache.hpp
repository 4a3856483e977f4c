#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace coldread::verity {

/// The values that were used last, a bounded number of them, shared by threads. Few enough that a search beats a map.
template <class Value>
class RecentCache {
 public:
  explicit RecentCache(std::size_t limit) : limit_(limit) {}

  /// The value of `key`, or null.
  [[nodiscard]] std::shared_ptr<Value> find(std::uint64_t key) {
    const std::lock_guard lock(mutex_);
    return touch(key);
  }

  /// Keeps `value`, unless there is one for the key already; returns the one that is kept.
  std::shared_ptr<Value> insert(std::uint64_t key, std::shared_ptr<Value> value) {
    const std::lock_guard lock(mutex_);
    if (auto present = touch(key)) return present;
    entries_.emplace_front(key, value);
    if (entries_.size() > limit_) entries_.pop_back();
    return value;
  }

 private:
  std::shared_ptr<Value> touch(std::uint64_t key) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e.first == key; });
    if (found == entries_.end()) return nullptr;
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front().second;
  }

  std::size_t limit_;
  std::mutex mutex_;
  std::deque<std::pair<std::uint64_t, std::shared_ptr<Value>>> entries_;
};

}  // namespace coldread::verity
