#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// How many entries of one volume are looked at for vold's keys: those are a few files.
constexpr std::size_t kMaxInnerItems = 4096;

/// A filesystem's entry at `path` (from its root, without a leading "/") and those below it, in the walk's order and at
/// most so many; none where there is no such path. For what an image itself tells of its keys.
[[nodiscard]] std::vector<WalkItem> items_below(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                                                const std::string& path, std::size_t max_items);

/// All of a regular file, decrypted where it is encrypted; wiped, since it may hold a key. Errors: kLocked (its key is
/// missing), kCorrupt (a block of it cannot be read; over `max_size` bytes), kUnsupported (it is no regular file);
/// those of the inode.
[[nodiscard]] Result<Secret> read_small_file(const volume::Volume& volume, const WalkItem& item,
                                             std::uint64_t max_size);

}  // namespace coldread::extract
