#pragma once

#include <algorithm>
#include <utility>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// Bytes in memory as a source: those of an image, or such as lie on no medium.
class MemorySource final : public BlockSource {
 public:
  explicit MemorySource(Bytes bytes, Medium medium = Medium::kImage) : bytes_(std::move(bytes)), medium_(medium) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;
  [[nodiscard]] std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const override;

 private:
  Bytes bytes_;
  Medium medium_;
};

}  // namespace coldread::source
