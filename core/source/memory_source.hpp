#pragma once

#include <algorithm>
#include <utility>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// Bytes in memory as a source.
class MemorySource final : public BlockSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;

 private:
  Bytes bytes_;
};

}  // namespace coldread::source
