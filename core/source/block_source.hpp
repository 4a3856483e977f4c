#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

namespace coldread::source {

/// The bytes [offset, offset + length) of something.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// A part of a read that failed, in the coordinates of the source that was asked.
struct ReadFault {
  ByteRange range;
  std::string reason;
};

/// Where bytes of a source really lie.
enum class Medium : std::uint8_t {
  kImage,    ///< in the image itself
  kJournal,  ///< in a journal that is a file or device of its own
  kMemory,   ///< nowhere: they were made
  kDevice,   ///< in a further device of the filesystem; Placement::device says which
};

/// A run of a source's bytes that lie together.
struct Placement {
  ByteRange range;  ///< in the coordinates of the source that was asked
  Medium medium = Medium::kImage;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of the medium; 0 in memory
  std::uint32_t device = 0;  ///< of a filesystem over several devices: which, the image being 0
  friend bool operator==(const Placement&, const Placement&) = default;
};

/// Where bytes come from: a file, a device, a partition of one, an overlay. Read-only, and safe to use from several
/// threads at once.
class BlockSource {
 public:
  BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  virtual ~BlockSource() = default;

  /// Bytes that the source claims to have. Reads past it fail for the part that lies past it.
  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Fills `out` with the bytes at `offset`. What could not be read is zero in `out` and named in the result,
  /// ascending; an empty result means that every byte was read.
  [[nodiscard]] virtual std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const = 0;

  /// Where the bytes [offset, offset + length) really lie: ascending, without a gap, whether or not they can be read.
  /// A source that is a medium of its own says that they are where they are asked for. The sum must fit in 64 bits.
  [[nodiscard]] virtual std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const;
};

/// All of [offset, offset + out.size()), or an error (ErrorKind::kRead) that names the first part that failed.
[[nodiscard]] Result<void> read_exactly(const BlockSource& source, std::uint64_t offset, MutableByteSpan out);

/// The on-disk structure T at `offset`.
template <class T>
[[nodiscard]] Result<T> read_struct(const BlockSource& source, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  T value;
  if (auto done = read_exactly(source, offset, std::as_writable_bytes(std::span<T, 1>(&value, 1))); !done) {
    return fail(std::move(done.error()));
  }
  return value;
}

}  // namespace coldread::source
