#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/verity/digest_file.hpp"

namespace coldread::verity {

/// Told of each file in the order of the list, by one thread at a time: its descriptor, or why there is none.
using OnDigest = std::function<void(std::size_t index, const Result<Descriptor>& descriptor)>;

/// Computes the descriptors of ordinary files, `jobs` pieces of one or more of them at once, in memory that does not
/// grow with their sizes. Returns early once `interrupt` is true. `on_block` is that of DigestFile::of.
void digest_files(const std::vector<std::string>& paths, const DigestMethod& method, unsigned jobs,
                  const std::atomic<bool>& interrupt, const OnDigest& on_digest, const OnTreeBlock& on_block = nullptr);

}  // namespace coldread::verity
