#pragma once

#include <cstdint>

#include "core/read/window.hpp"

namespace coldread::read {

/// Brings in the bytes of one file (or of the metadata that a filesystem keeps past a file's end), window by window.
/// Readers compose: Map; Steps(Map, [decrypt, verity]). Safe to use from several threads at once, each with its own
/// window.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  /// Where this reader's bytes end: EOF for a file's data, the end of the mapping for metadata past EOF.
  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Bytes, a power of two: windows start at a multiple of it and are a multiple of it long.
  [[nodiscard]] virtual std::uint32_t unit() const = 0;

  /// Fills window.bytes and window.extents, and adds to window.faults what failed. Blocks that lie wholly at or past
  /// size() are zeros. In the last block, bytes past size() are as they are stored.
  virtual void fill(Window& window) const = 0;

  /// Where a hole that has `offset` in it ends, as far as that can be told without reading: the bytes [offset, result)
  /// are zeros, whatever their number. `offset` itself where there is none, or where it is not known.
  [[nodiscard]] virtual std::uint64_t hole_end(std::uint64_t offset) const { return offset; }
};

/// One length-preserving step over what was read. It changes bytes of a window in place or finds fault with them.
class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;

  [[nodiscard]] virtual StepKind kind() const = 0;
  /// Bytes, a power of two: the smallest piece that the step can be run over (a data unit, a Merkle tree's block).
  [[nodiscard]] virtual std::uint32_t unit() const = 0;
  /// Runs over all of the window, but for blocks that failed before. Adds a BlockFault for each block that fails here.
  virtual void apply(Window& window) const = 0;
};

}  // namespace coldread::read
