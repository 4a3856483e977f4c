#pragma once

#include "core/base/byte_view.hpp"
#include "core/read/reader.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/tree_blocks.hpp"

namespace coldread::verity {

/// Where the top block of a tree does not hash to the root: true when that block agrees with all that it covers, so
/// that it is the root that is wrong. The blocks below it are hashed: tree blocks, or the data, read with `data`, where
/// the tree has one level. What cannot be read says nothing either way.
[[nodiscard]] bool top_block_matches_below(ByteSpan top, const TreeBlocks& blocks, const Hasher& hasher,
                                           const read::Reader* data);

}  // namespace coldread::verity
