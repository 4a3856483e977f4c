#pragma once

#include <cstdint>
#include <optional>

#include "fs/f2fs/filesystem.hpp"

namespace coldread::f2fs {

/// The inode that a block of data belongs to at the checkpoint, by the summary of its segment (f2fs.rst, "Segment
/// Summary Area"): that of a segment which is being filled is in the checkpoint pack, the others' in the SSA. Nothing
/// where no summary or node can be read, or the node that it names does not hold the block.
[[nodiscard]] std::optional<std::uint32_t> owner_of(const Filesystem& filesystem, std::uint32_t block);

}  // namespace coldread::f2fs
