#pragma once

#include <cstddef>

#include "core/base/byte_view.hpp"

namespace coldread {

/// Key bytes: wiped on destruction, moved and never copied, with no way into a log (nothing prints a Secret).
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size) : bytes_(size) {}
  explicit Secret(ByteSpan bytes) : bytes_(bytes.begin(), bytes.end()) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] ByteSpan view() const { return bytes_; }
  [[nodiscard]] MutableByteSpan writable() { return bytes_; }

 private:
  void wipe() noexcept;

  Bytes bytes_;
};

/// Overwrites `bytes` in a way that the compiler does not remove.
void wipe(MutableByteSpan bytes) noexcept;

}  // namespace coldread
