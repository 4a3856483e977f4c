#pragma once

#include <array>
#include <cstddef>

#include "core/base/byte_view.hpp"
#include "core/fscrypt/block.hpp"
#include "core/fscrypt/processor.hpp"

namespace coldread::fscrypt {

/// A key of POLYVAL and its powers, made once for any number of messages.
class PolyvalKey {
 public:
  static constexpr std::size_t kPowers = 8;  ///< so many blocks are multiplied before the sum of them is reduced once
  using Powers = std::array<Number, kPowers>;

  explicit PolyvalKey(ByteSpan key);
  PolyvalKey(const PolyvalKey&) = delete;
  PolyvalKey& operator=(const PolyvalKey&) = delete;
  ~PolyvalKey();

  /// The key is the first, and each is the one before, multiplied by the key as the hash multiplies.
  [[nodiscard]] const Powers& powers() const { return powers_; }

 private:
  Powers powers_{};
};

/// The hash POLYVAL (RFC 8452, section 3): blocks are elements of its field, where bit i is the coefficient of x^i. No
/// library of Debian 12 gives access to it. A copy goes on from where the original is. Without tables or branches that
/// depend on secrets.
class Polyval {
 public:
  /// `key` outlives this.
  explicit Polyval(const PolyvalKey& key, Code code = Code::kFastest);

  /// Adds a whole number of blocks.
  void add(ByteSpan blocks);
  [[nodiscard]] Block value() const { return block_of(sum_); }

 private:
  const PolyvalKey* key_;
  bool clmul_;
  Number sum_;
};

}  // namespace coldread::fscrypt
