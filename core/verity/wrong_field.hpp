#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/read/reader.hpp"
#include "core/verity/descriptor.hpp"

namespace coldread::verity {

/// Which field of a descriptor is wrong, of a file that does not hash to its root hash: the one that, with one bit of
/// it changed (salt) or another value in it (salt_size, log_blocksize, hash_algorithm), makes the stored Merkle tree's
/// top block, or the only data block of a file without a tree, hash to the root hash. That is no proof of the data: it
/// tells the examiner where to look. Nothing where no such change is found. `file` reads the file, its metadata past
/// EOF included, decrypted; the tree starts at file offset `tree_offset`.
[[nodiscard]] std::optional<std::string> wrong_field(const Descriptor& descriptor, const read::Reader& file,
                                                     std::uint64_t tree_offset);

}  // namespace coldread::verity
