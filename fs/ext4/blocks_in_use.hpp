#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/base/byte_view.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

enum class BlockUse : std::uint8_t {
  kFree,
  kInUse,
  kUnknown,  ///< its group's bitmap or descriptor cannot be read or has a wrong checksum
};

/// Which blocks the filesystem's bitmaps count as in use now (Documentation/filesystems/ext4/bitmaps.rst; with bigalloc
/// by clusters, bigalloc.rst). Of a group whose bitmap was never written (BLOCK_UNINIT; blockgroup.rst), the blocks of
/// its own metadata are in use and no others. Bitmaps are read when they are needed, and some are kept. Safe to use
/// from several threads at once. What fast commits give to files is in use too, though no bitmap on disk says so.
class BlocksInUse {
 public:
  explicit BlocksInUse(std::shared_ptr<const Filesystem> filesystem);

  /// `block` is below blocks_count; the superblock's and those before it are in use.
  [[nodiscard]] BlockUse use_of(std::uint64_t block) const;

 private:
  /// A bit for each cluster of a group; none where it is not known.
  using Bits = std::shared_ptr<const Bytes>;

  [[nodiscard]] Bits bits_of(std::uint32_t group) const;
  [[nodiscard]] Bits read_group(std::uint32_t group) const;

  std::shared_ptr<const Filesystem> filesystem_;
  std::map<std::uint64_t, std::uint64_t> given_;  ///< by fast commits: runs of blocks, to the block after the last
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::uint32_t, Bits> kept_;  ///< behind mutex_
};

}  // namespace coldread::ext4
