#pragma once

#include <string>
#include <utility>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// Bytes that are known to be lost: every read of them fails for the reason given. An overlay puts it over ranges whose
/// content must not be taken for good.
class UnreadableSource final : public BlockSource {
 public:
  explicit UnreadableSource(std::string reason) : reason_(std::move(reason)) {}

  /// As many as can be asked for.
  [[nodiscard]] std::uint64_t size() const override { return ~std::uint64_t{0}; }
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;
  [[nodiscard]] std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const override;

 private:
  std::string reason_;
};

}  // namespace coldread::source
