#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// The hash POLYVAL (RFC 8452, section 3) over blocks of 16 bytes. No library of Debian 12 gives access to it. Bit by
/// bit, and so without tables: it is run over names alone.
class Polyval {
 public:
  using Block = std::array<std::byte, 16>;

  explicit Polyval(const Block& key);

  /// Adds a whole number of blocks.
  void add(ByteSpan blocks);
  [[nodiscard]] Block value() const;

 private:
  struct Element {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
  };
  static Element element_of(ByteSpan block);
  void multiply();

  Element key_;
  Element sum_;
};

}  // namespace coldread::fscrypt
