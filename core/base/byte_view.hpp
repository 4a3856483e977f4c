#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace coldread {

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;
using MutableByteSpan = std::span<std::byte>;

/// The only way to touch input: a view of bytes whose every access is bounded.
class ByteView {
 public:
  constexpr ByteView() = default;
  constexpr ByteView(ByteSpan bytes) : bytes_(bytes) {}  // NOLINT(google-explicit-constructor): a view of a view
  ByteView(const Bytes& bytes) : bytes_(bytes) {}        // NOLINT(google-explicit-constructor): likewise

  [[nodiscard]] constexpr std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] constexpr bool empty() const { return bytes_.empty(); }
  [[nodiscard]] constexpr ByteSpan span() const { return bytes_; }

  /// True when [offset, offset + length) lies inside the view; never overflows.
  [[nodiscard]] constexpr bool fits(std::uint64_t offset, std::uint64_t length) const {
    return offset <= bytes_.size() && length <= bytes_.size() - offset;
  }

  /// The bytes [offset, offset + length), or nothing where they do not fit.
  [[nodiscard]] constexpr std::optional<ByteView> sub(std::uint64_t offset, std::uint64_t length) const {
    if (!fits(offset, length)) return std::nullopt;
    return ByteView(bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)));
  }

  /// A copy of the on-disk structure T at `offset`, or nothing where it does not fit.
  template <class T>
  [[nodiscard]] std::optional<T> load(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1, "on-disk structures are made of bytes");
    if (!fits(offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }

  /// The byte at `offset`, or nothing past the end.
  [[nodiscard]] constexpr std::optional<std::uint8_t> byte(std::uint64_t offset) const {
    if (!fits(offset, 1)) return std::nullopt;
    return static_cast<std::uint8_t>(bytes_[static_cast<std::size_t>(offset)]);
  }

  /// The bytes as a string of char, embedded NULs and all.
  [[nodiscard]] std::string str() const;
  [[nodiscard]] Bytes copy() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  ByteSpan bytes_;
};

/// The bytes of a string; valid as long as the string is.
[[nodiscard]] ByteSpan as_bytes(std::string_view text);

/// The bytes as text, for interfaces that take char; valid as long as the bytes are.
[[nodiscard]] std::string_view as_chars(ByteSpan bytes);

/// The same bytes as `unsigned char`, for the C interfaces of cryptographic libraries.
[[nodiscard]] const unsigned char* as_uchars(ByteSpan bytes);
[[nodiscard]] unsigned char* as_uchars(MutableByteSpan bytes);

/// The bytes of an on-disk structure (alignment 1).
template <class T>
[[nodiscard]] ByteSpan bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  return std::as_bytes(std::span<const T, 1>(&value, 1));
}

/// True when every byte is zero.
[[nodiscard]] bool all_zero(ByteSpan bytes);

}  // namespace coldread
