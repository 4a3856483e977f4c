#pragma once

#include <memory>

#include "core/read/cluster_decoder.hpp"
#include "core/read/compression.hpp"
#include "core/read/reader.hpp"

namespace coldread::read {

/// Decompresses what another reader brought in, cluster by cluster, within the window. Decompression changes lengths
/// and so is a reader of its own: what is stored is read and decrypted by `inner`, and steps over the content (verity)
/// come after this.
///
/// A cluster is compressed where it has extents of kind kCompressed: its slot 0 is then a hole, and slots 1 to n hold
/// the compressed bytes. Afterwards it is one such extent, from the source offset of the first of them. All others pass
/// as they are. A compressed cluster is whole or it is zeros under a fault that covers it:
///  - of the first step that failed on any of its stored blocks or their mapping, by that reason;
///  - of step `decompress` where they are not in order or cannot be unpacked.
/// Where it can be unpacked and something is wrong with it all the same (its checksum), its bytes stay, under a fault
/// of step `decompress`: the kernel returns them too.
/// Where a cluster's mapping is partly bad and its first slot is not stored, nobody can tell whether it is compressed:
/// all of it fails.
class ClusterReader final : public Reader {
 public:
  /// Bytes up to `size`. `inner` ends at `size` rounded up to the cluster: a compressed cluster that EOF is in may be
  /// stored in slots past it. `block_size` (bytes, a power of two) is a slot's.
  ClusterReader(std::unique_ptr<const Reader> inner, const Compression& compression,
                std::unique_ptr<const ClusterDecoder> decoder, std::uint64_t size, std::uint32_t block_size);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::uint32_t unit() const override { return unit_; }
  void fill(Window& window) const override;
  [[nodiscard]] std::uint64_t hole_end(std::uint64_t offset) const override;

 private:
  struct Slots;

  /// Of the cluster at `cluster` (file offset); `first` is the window's first extent that reaches into it.
  [[nodiscard]] Slots survey(const Window& window, std::size_t first, std::uint64_t cluster) const;
  void decode(Window& window, std::uint64_t cluster, const Slots& slots) const;
  void fail_where_unmapped(Window& window, std::uint64_t cluster) const;
  void end_at_size(Window& window) const;

  std::unique_ptr<const Reader> inner_;
  std::unique_ptr<const ClusterDecoder> decoder_;
  std::uint64_t size_;
  std::uint32_t cluster_size_;
  std::uint32_t block_size_;
  std::uint32_t unit_;
};

}  // namespace coldread::read
