#pragma once

#include <memory>
#include <vector>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// Several sources one behind the other, such as the devices of one filesystem. A member may have less than it is to
/// have: that part fails to read; what it has more is not used.
class JoinedSource final : public BlockSource {
 public:
  struct Member {
    std::shared_ptr<const BlockSource> source;
    std::uint64_t size = 0;  ///< bytes that it takes of the whole; the sum of all must fit in 64 bits
  };

  explicit JoinedSource(std::vector<Member> members);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;
  /// Placements tell the member by Placement::device.
  [[nodiscard]] std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const override;

 private:
  /// Calls `part(member's index, offset of the range, its length, offset in the member)` for each member that has a
  /// part of [offset, offset + length).
  template <class Part>
  void split(std::uint64_t offset, std::uint64_t length, Part part) const;

  std::vector<Member> members_;
  std::uint64_t size_ = 0;
};

}  // namespace coldread::source
