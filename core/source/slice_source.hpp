#pragma once

#include <memory>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// A part of another source, such as a partition. It may claim to reach past the other's end: that part fails to read.
class SliceSource final : public BlockSource {
 public:
  /// The bytes [offset, offset + size) of `whole`; the sum must fit in 64 bits.
  SliceSource(std::shared_ptr<const BlockSource> whole, std::uint64_t offset, std::uint64_t size);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;
  [[nodiscard]] std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const override;

 private:
  std::shared_ptr<const BlockSource> whole_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

}  // namespace coldread::source
