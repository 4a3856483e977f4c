#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/read/step_reader.hpp"
#include "core/source/memory_source.hpp"
#include "core/verity/verity_step.hpp"

namespace coldread::verity {

/// Bytes that differ from block to block and repeat nowhere.
inline Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + (i >> 8) * 13 + (i >> 16));
  return bytes;
}

/// A source of which some bytes cannot be read.
class DamagedSource final : public source::BlockSource {
 public:
  DamagedSource(Bytes bytes, std::vector<source::ByteRange> damaged)
      : bytes_(std::move(bytes)), damaged_(std::move(damaged)) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::vector<source::ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override {
    std::vector<source::ReadFault> faults = bytes_.read_at(offset, out);
    for (const source::ByteRange& range : damaged_) {
      const std::uint64_t begin = std::max(range.offset, offset);
      const std::uint64_t end = std::min(range.offset + range.length, offset + out.size());
      if (begin < end) faults.push_back({{begin, end - begin}, "medium error"});
    }
    return faults;
  }

 private:
  source::MemorySource bytes_;
  std::vector<source::ByteRange> damaged_;
};

/// An fs-verity file in memory: its data, its tree as a test builds it (level by level, straight from the document),
/// and what a test then damages. The tree starts at the next multiple of 64 KiB, where ext4 and f2fs put it.
struct VerityFile {
  Descriptor descriptor;
  Bytes stored;  ///< data up to a whole block, then a gap, then the tree
  std::uint64_t tree_offset = 0;
  std::vector<source::ByteRange> damaged;
  std::uint32_t fs_block_size = 4096;

  VerityFile(HashAlgorithm algorithm, std::uint32_t block_size, const Bytes& salt, Bytes data) {
    descriptor.algorithm = algorithm;
    descriptor.block_size = block_size;
    descriptor.salt = salt;
    descriptor.salt_field = salt;
    descriptor.salt_field.resize(32);
    descriptor.data_size = data.size();
    fs_block_size = std::max<std::uint32_t>(fs_block_size, block_size);
    stored = std::move(data);
    build();
  }

  /// Hashes the data anew.
  void build() {
    const std::size_t block = descriptor.block_size;
    const Hasher hasher(descriptor.algorithm, descriptor.salt);
    stored.resize(static_cast<std::size_t>(round_up(descriptor.data_size, block)));
    tree_offset = round_up(stored.size(), 65536);
    std::vector<Bytes> levels{stored};
    while (levels.back().size() > block) {
      Bytes hashes;
      for (std::size_t at = 0; at < levels.back().size(); at += block) {
        const Bytes digest = hasher.hash(ByteSpan(levels.back()).subspan(at, block));
        hashes.insert(hashes.end(), digest.begin(), digest.end());
      }
      hashes.resize(static_cast<std::size_t>(round_up(hashes.size(), block)));
      levels.push_back(std::move(hashes));
    }
    descriptor.root_hash = stored.empty() ? Bytes(hasher.digest_size()) : hasher.hash(levels.back());
    descriptor.root_hash_field = descriptor.root_hash;
    descriptor.root_hash_field.resize(64);
    stored.resize(static_cast<std::size_t>(tree_offset));
    for (std::size_t level = levels.size(); level-- > 1;) {
      stored.insert(stored.end(), levels[level].begin(), levels[level].end());
    }
  }

  [[nodiscard]] MerkleTree shape() const {
    return MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size).value();
  }
  [[nodiscard]] std::uint64_t tree_block(unsigned level, std::uint64_t index) const {
    return tree_offset + shape().offset(level, index);
  }
  void flip(std::uint64_t offset) { stored[static_cast<std::size_t>(offset)] ^= std::byte{0x10}; }

  [[nodiscard]] std::unique_ptr<const read::Reader> reader(std::uint64_t size) const {
    std::vector<read::Extent> extents;
    if (!stored.empty()) extents = {{0, round_up(stored.size(), fs_block_size), read::ExtentKind::kStored, 0}};
    const auto map = read::FileMap::make(std::move(extents), descriptor.data_size, stored.size());
    Bytes whole = stored;
    whole.resize(static_cast<std::size_t>(round_up(stored.size(), fs_block_size)));
    auto source = std::make_shared<DamagedSource>(std::move(whole), damaged);
    return std::make_unique<read::MapReader>(std::move(source), map.value(), size, fs_block_size);
  }

  [[nodiscard]] std::unique_ptr<const VerityStep> step() const {
    return std::make_unique<const VerityStep>(descriptor, reader(stored.size()), tree_offset);
  }

  /// Reads [offset, offset + length) through `step` and gives the faults, sorted. `refused`, where given, receives what
  /// is refused, merged.
  [[nodiscard]] std::vector<read::BlockFault> faults(const VerityStep& step, std::uint64_t offset, std::uint64_t length,
                                                     std::vector<read::BlockFault>* refused = nullptr) const {
    Bytes buffer(static_cast<std::size_t>(length));
    read::Window window;
    window.offset = offset;
    window.bytes = buffer;
    reader(descriptor.data_size)->fill(window);
    step.apply(window);
    read::sort_and_merge(window.refused);
    if (refused != nullptr) *refused = window.refused;
    std::sort(window.faults.begin(), window.faults.end(),
              [](const auto& a, const auto& b) { return a.range.offset < b.range.offset; });
    return window.faults;
  }

  /// The whole file's, in one window.
  [[nodiscard]] std::vector<read::BlockFault> faults(const VerityStep& step,
                                                     std::vector<read::BlockFault>* refused = nullptr) const {
    return faults(step, 0, round_up(descriptor.data_size, 65536), refused);
  }
};

}  // namespace coldread::verity
