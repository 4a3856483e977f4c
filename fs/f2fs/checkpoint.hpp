#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/block_source.hpp"
#include "fs/f2fs/superblock.hpp"

namespace coldread::f2fs {

/// A bitmap whose bits count from the most significant one of each byte.
class VersionBitmap {
 public:
  VersionBitmap() = default;
  explicit VersionBitmap(Bytes bytes) : bytes_(std::move(bytes)) {}
  /// False past the end too.
  [[nodiscard]] bool test(std::uint64_t bit) const {
    const auto byte = ByteView(bytes_).byte(bit >> 3);
    return byte && (*byte & (0x80u >> (bit & 7))) != 0;
  }

 private:
  Bytes bytes_;
};

/// A checkpoint pack that is whole (f2fs.rst, "Checkpoint"): its first and last block agree.
struct Checkpoint {
  RawCheckpoint raw{};
  unsigned pack = 1;              ///< 1 or 2
  std::uint32_t first_block = 0;  ///< of the pack
  std::uint32_t crc = 0;          ///< as stored
  VersionBitmap nat_bitmap;       ///< a bit a block of the NAT: which of its two copies is in force
  VersionBitmap sit_bitmap;

  [[nodiscard]] std::uint64_t version() const { return raw.checkpoint_ver; }
  [[nodiscard]] bool has(std::uint32_t flag) const { return (raw.ckpt_flags & flag) != 0; }
  /// Its summary blocks of node logs are in the pack.
  [[nodiscard]] bool has_node_summaries() const { return has(kCpUmountFlag | kCpFastbootFlag); }
};

/// Both packs, or why one cannot be used.
using CheckpointPacks = std::array<Result<Checkpoint>, 2>;
[[nodiscard]] CheckpointPacks read_checkpoints(const source::BlockSource& source, const Superblock& superblock);

/// The pack to read by: the one with the version `wanted`, else the newer. Errors: kNotFound (no pack has that version;
/// the message names those that there are), kCorrupt (neither can be used).
[[nodiscard]] Result<const Checkpoint*> choose_checkpoint(const CheckpointPacks& packs,
                                                          std::optional<std::uint64_t> wanted);

/// The flags of a checkpoint by their names, such as "umount,compact_sum,crc".
[[nodiscard]] std::string checkpoint_flags(std::uint32_t flags);

}  // namespace coldread::f2fs
