#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// A range of an overlay that comes from elsewhere.
struct Replacement {
  ByteRange range;                  ///< of the overlay
  std::uint32_t source = 0;         ///< which of the overlay's other sources has the bytes
  std::uint64_t source_offset = 0;  ///< where they begin there
};

/// A source with ranges of it replaced by bytes of other sources (or of itself, from another place). It keeps an index
/// and no content, so that replaying a large journal costs little memory. What is not replaced is read as if there were
/// no overlay.
class OverlaySource final : public BlockSource {
 public:
  /// `others` are what Replacement::source counts. Replacements come in any order; those that touch on both sides are
  /// joined. Errors: kCorrupt (two of them overlap, one is empty, overflows, or names no source).
  [[nodiscard]] static Result<std::shared_ptr<const OverlaySource>> make(
      std::shared_ptr<const BlockSource> base, std::vector<std::shared_ptr<const BlockSource>> others,
      std::vector<Replacement> replacements);

  /// The base's. Replaced ranges past it can be read all the same.
  [[nodiscard]] std::uint64_t size() const override { return base_->size(); }
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;
  [[nodiscard]] std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const override;

 private:
  OverlaySource(std::shared_ptr<const BlockSource> base, std::vector<std::shared_ptr<const BlockSource>> others,
                std::vector<Replacement> replacements);

  /// Calls `part(source, range, source_offset)` for each run of [offset, offset + length) that one source has.
  template <class Part>
  void split(std::uint64_t offset, std::uint64_t length, Part part) const;

  std::shared_ptr<const BlockSource> base_;
  std::vector<std::shared_ptr<const BlockSource>> others_;
  std::vector<Replacement> replacements_;  ///< ascending
};

}  // namespace coldread::source
