#pragma once

#include <cstddef>

#include "core/base/byte_view.hpp"

namespace coldread {

/// Key bytes: wiped on destruction, moved and never copied, with no way into a log (nothing prints a Secret). They lie
/// in libcrypto's secure heap: memory of its own between guard pages, locked so that it is never swapped out where the
/// system allows that (RLIMIT_MEMLOCK), and left out of core dumps. Where that heap is full they lie in ordinary
/// memory, which is wiped all the same. Throws std::bad_alloc.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);  ///< zeros
  explicit Secret(ByteSpan bytes);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] ByteSpan view() const { return {bytes_, size_}; }
  [[nodiscard]] MutableByteSpan writable() { return {bytes_, size_}; }
  /// True where the bytes lie in the secure heap.
  [[nodiscard]] bool is_protected() const;

 private:
  void free() noexcept;

  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

/// Overwrites `bytes` in a way that the compiler does not remove.
void wipe(MutableByteSpan bytes) noexcept;

}  // namespace coldread
