#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"

namespace coldread::f2fs {

/// The hash by which a directory places a name as it is stored (fs/f2fs/hash.c). Casefolded directories hash the folded
/// name instead, so this is not theirs.
[[nodiscard]] std::uint32_t name_hash(ByteView name);

/// True where a name of that hash is looked for in a directory's block (f2fs.rst, "Directory Structure"): each level of
/// the table has twice the buckets of the one above, from 2^i_dir_level on, and a bucket has 2 blocks, 4 from the 32nd
/// level on.
[[nodiscard]] bool block_is_searched(std::uint32_t hash, std::uint64_t block, unsigned i_dir_level);

}  // namespace coldread::f2fs
