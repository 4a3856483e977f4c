#pragma once

#include <memory>

#include "core/read/file_map.hpp"
#include "core/read/reader.hpp"

namespace coldread::read {

/// The plain reader: brings in what a map says, as it is stored.
class MapReader final : public Reader {
 public:
  /// Reads the part of `map` before `size` (bytes) from `source`. `size` is map.size() for a file's data and
  /// map.mapped_end() for what lies past EOF. `block_size` (bytes, a power of two) is what a fault is rounded out to.
  MapReader(std::shared_ptr<const source::BlockSource> source, FileMap map, std::uint64_t size,
            std::uint32_t block_size);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::uint32_t unit() const override { return block_size_; }
  void fill(Window& window) const override;
  [[nodiscard]] std::uint64_t hole_end(std::uint64_t offset) const override;

 private:
  void bring_in(const Extent& extent, Window& window) const;
  void add_fault(Window& window, ByteRange range, StepKind step, std::string reason) const;

  std::shared_ptr<const source::BlockSource> source_;
  FileMap map_;
  std::uint64_t size_;
  std::uint32_t block_size_;
};

}  // namespace coldread::read
