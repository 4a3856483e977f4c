#pragma once

#include <cstdint>
#include <memory>

#include "core/read/file_map.hpp"
#include "fs/ext4/recovery_edits.hpp"

namespace coldread::ext4 {

/// A file's map with recovery's changes laid over it. Where the map below has a fault, the fault stays: what lies there
/// after recovery is not known.
class EditedMap final : public read::MapSource {
 public:
  EditedMap(read::FileMap below, std::shared_ptr<const RangeEdits> edits, unsigned block_bits);

  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override;

  /// Where the last mapped byte can be at most, in bytes of the file.
  [[nodiscard]] std::uint64_t mapped_end() const;

 private:
  read::FileMap below_;
  std::shared_ptr<const RangeEdits> edits_;
  unsigned bits_;
};

}  // namespace coldread::ext4
