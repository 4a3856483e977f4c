#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.hpp"
#include "core/volume/inode.hpp"

namespace coldread::fs {

/// Where a filesystem of that type keeps the fs-verity metadata of a file, where it is to be found in the file itself:
/// up to `mapped_end` (bytes), by `past_eof`, which decrypts. Of the facts, number and size count. Errors: kCorrupt,
/// kUnsupported (it does not keep it so).
[[nodiscard]] Result<volume::VerityLocation> find_verity(const std::string& type, std::uint32_t block_size,
                                                         const volume::InodeFacts& facts, std::uint64_t mapped_end,
                                                         const read::Reader& past_eof);

}  // namespace coldread::fs
