#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/read/extent.hpp"
#include "core/source/block_source.hpp"

namespace coldread::read {

using source::ByteRange;

/// A range of a file whose mapping could not be read; it reads as zeros that the report names (step `map`).
struct MapFault {
  ByteRange range;
  std::string reason;
};

/// What a map holds for [asked offset, end).
struct MapPiece {
  std::vector<Extent> extents;
  std::vector<MapFault> faults;
  std::uint64_t end = 0;
};

/// A filesystem's mapping of one file, asked range by range, so that a file of a million extents takes no memory for
/// them. Safe to use from several threads at once.
class MapSource {
 public:
  MapSource() = default;
  MapSource(const MapSource&) = delete;
  MapSource& operator=(const MapSource&) = delete;
  virtual ~MapSource() = default;

  /// The stored, unwritten and inline extents that touch [offset, limit), ascending by file_offset; they may reach out
  /// of the range on both sides, and what lies between them is a hole. `end` may be less than `limit` (and is more than
  /// `offset`): the rest is then asked for in a further call. It may be more where one hole or extent reaches further.
  [[nodiscard]] virtual MapPiece piece(std::uint64_t offset, std::uint64_t limit) const = 0;

  /// What is wrong with the metadata that the pieces asked for until now came from, though it could be read, such as a
  /// checksum. In an order that does not depend on the order of asking.
  [[nodiscard]] virtual Findings findings() const { return {}; }
};

/// Where the bytes of one file lie: total over [0, mapped_end), sorted, free of overlap. Two ends: `size` is EOF, and
/// `mapped_end` (at least `size`) is where the last mapped byte ends, past EOF where verity metadata or preallocation
/// lies.
class FileMap {
 public:
  /// A map that is known whole. The extents need not be total (gaps are holes), but must rise and neither overlap nor
  /// overflow: ErrorKind::kCorrupt otherwise.
  [[nodiscard]] static Result<FileMap> make(std::vector<Extent> extents, std::uint64_t size, std::uint64_t mapped_end);

  /// A map that is asked for piece by piece. What the pieces hold is held to the same rules when it is asked for: an
  /// extent that breaks them becomes a MapFault over its own range.
  [[nodiscard]] static FileMap make(std::shared_ptr<const MapSource> pieces, std::uint64_t size,
                                    std::uint64_t mapped_end);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t mapped_end() const { return mapped_end_; }

  /// The map from `offset` on: extents that cover [offset, result.end) without a gap, clipped to it, holes included,
  /// with offset < result.end <= limit wherever offset < limit. Ranges under a fault are holes among the extents.
  [[nodiscard]] MapPiece piece(std::uint64_t offset, std::uint64_t limit) const;

  /// As MapSource::findings(): whole once all pieces were asked for.
  [[nodiscard]] Findings findings() const { return pieces_->findings(); }

 private:
  FileMap(std::shared_ptr<const MapSource> pieces, std::uint64_t size, std::uint64_t mapped_end)
      : pieces_(std::move(pieces)), size_(size), mapped_end_(mapped_end < size ? size : mapped_end) {}

  std::shared_ptr<const MapSource> pieces_;
  std::uint64_t size_;
  std::uint64_t mapped_end_;
};

}  // namespace coldread::read
