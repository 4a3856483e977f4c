#include "fs/f2fs/directory_index.hpp"

#include <algorithm>

#include "core/volume/name_hash.hpp"

namespace coldread::f2fs {
namespace {

constexpr unsigned kMaxLevels = 63;
constexpr unsigned kHalf = kMaxLevels / 2;

}  // namespace

std::uint32_t name_hash(ByteView name) {
  return volume::run_hash<4>(name.span(), true, volume::kDefaultHashSeed, volume::tea)[0];
}

bool block_is_searched(std::uint32_t hash, std::uint64_t block, unsigned i_dir_level) {
  std::uint64_t first = 0;
  for (unsigned level = 0; level < kMaxLevels; ++level) {
    const std::uint64_t buckets = std::uint64_t{1} << std::min(level + i_dir_level, kHalf - 1);
    const std::uint64_t in_bucket = level < kHalf ? 2 : 4;
    if (block - first < buckets * in_bucket) return (block - first) / in_bucket == hash % buckets;
    first += buckets * in_bucket;
  }
  return false;
}

}  // namespace coldread::f2fs
