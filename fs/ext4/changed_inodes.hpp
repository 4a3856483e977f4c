#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/source/block_source.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// How many of the inodes that replay changed are named.
constexpr std::size_t kMaxChangedInodes = 1000;

/// The inodes whose record on disk another state of the filesystem has with other bytes.
struct ChangedInodes {
  std::vector<std::uint64_t> numbers;  ///< ascending, at most kMaxChangedInodes
  std::uint64_t total = 0;
  bool known = true;  ///< false where the filesystem has too many groups to look through
};

/// Which inodes of `filesystem` have records with other bytes than in `before`, among those that lie in `blocks` of the
/// filesystem (ascending). Where the inode tables lie is what `filesystem`, the later state, says.
[[nodiscard]] ChangedInodes changed_inodes(const Filesystem& filesystem, const source::BlockSource& before,
                                           const std::vector<std::uint64_t>& blocks);

}  // namespace coldread::ext4
