#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "core/read/file_map.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

/// The mapping of a file as ext2 has it (Documentation/filesystems/ext4/ifork.rst, "Direct/Indirect Block Addressing"):
/// twelve blocks in i_block, then one block of block numbers, one of blocks of them, and one of blocks of those. A
/// number of 0 stands for a hole of all that it would lead to. Blocks of numbers carry no checksum.
class IndirectMap final : public read::MapSource {
 public:
  using Root = std::array<Le32, 15>;

  IndirectMap(std::shared_ptr<const Filesystem> filesystem, const Root& i_block);

  /// File blocks that can be mapped in this way.
  [[nodiscard]] static std::uint64_t max_blocks(std::uint32_t block_size);

  /// A block of numbers that cannot be read, and a number of a block where no file can be, are faults over just the
  /// file range that they lead to. Work is bounded: a piece ends early after a thousand extents or some hundred blocks
  /// read.
  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override;

 private:
  class Walk;

  std::shared_ptr<const Filesystem> filesystem_;
  Root root_;
};

}  // namespace coldread::ext4
