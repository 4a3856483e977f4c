#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

#include "core/base/byte_view.hpp"
#include "fs/ext4/filesystem.hpp"

namespace coldread::ext4 {

/// The bytes of a block of metadata that a file's own metadata points at, or the reason why there are none, as part of
/// a sentence: no such block can be there (Superblock::blocks_valid), or it could not be read.
[[nodiscard]] tl::expected<Bytes, std::string> read_block(const Filesystem& filesystem, std::uint64_t block);

}  // namespace coldread::ext4
