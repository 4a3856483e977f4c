#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/read/file_map.hpp"
#include "fs/ext4/block_fate.hpp"

namespace coldread::ext4 {

/// The map of an older version of a file, as far as its blocks are still to be had: what lies in blocks that nothing
/// owns now, and what the journal has a copy of. The rest are faults that name the blocks and what became of them.
/// Unwritten and inline extents stay what they are.
class FreeBlocksMap final : public read::MapSource {
 public:
  /// `map` is the version's own. `hole_fault` says why its holes are not to be believed, and is empty where they are:
  /// then they stay holes.
  FreeBlocksMap(read::FileMap map, std::shared_ptr<const BlockFates> fates, FileVersion version,
                std::string hole_fault = {})
      : map_(std::move(map)), fates_(std::move(fates)), version_(version), hole_fault_(std::move(hole_fault)) {}

  /// As MapSource::piece(); it ends early after some ten thousand blocks.
  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override;
  [[nodiscard]] Findings findings() const override { return map_.findings(); }

 private:
  class Split;

  read::FileMap map_;
  std::shared_ptr<const BlockFates> fates_;
  FileVersion version_;
  std::string hole_fault_;
};

}  // namespace coldread::ext4
