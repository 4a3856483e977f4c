#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/read/extent.hpp"
#include "core/source/block_source.hpp"

namespace coldread::read {

using source::ByteRange;

/// What is done to a block on its way, in this order. The names are those of the report.
enum class StepKind : std::uint8_t { kMap, kRead, kDecrypt, kDecompress, kVerity };

[[nodiscard]] std::string_view to_string(StepKind step);

/// Blocks of a file that failed at a step. The range is whole blocks, in file offsets.
struct BlockFault {
  ByteRange range;
  StepKind step = StepKind::kRead;
  std::string reason;
  friend bool operator==(const BlockFault&, const BlockFault&) = default;
};

/// A run of a file that is brought in at once: the buffer, where its parts came from, and what failed so far. It is
/// reused from one run to the next, so that a read that needs nothing allocates nothing.
struct Window {
  std::uint64_t offset = 0;     ///< file offset of bytes[0]; a multiple of the reader's unit()
  MutableByteSpan bytes;        ///< its length is a multiple of the reader's unit()
  std::vector<Extent> extents;  ///< total over the window, ascending
  std::vector<BlockFault> faults;
  /// What a kernel refuses although its bytes are proven here: data whose stored Merkle tree is damaged, and which
  /// hashes up to the root all the same. Disjoint from `faults`.
  std::vector<BlockFault> refused;
  Bytes scratch;  ///< room for what a reader works on beside `bytes`

  [[nodiscard]] std::uint64_t end() const { return offset + bytes.size(); }
  /// True when some block that touches [begin, begin + length) failed a step already.
  [[nodiscard]] bool failed(std::uint64_t begin, std::uint64_t length) const;
  /// The bytes [begin, begin + length), file offsets inside the window.
  [[nodiscard]] MutableByteSpan at(std::uint64_t begin, std::uint64_t length) const {
    return bytes.subspan(static_cast<std::size_t>(begin - offset), static_cast<std::size_t>(length));
  }
};

}  // namespace coldread::read
