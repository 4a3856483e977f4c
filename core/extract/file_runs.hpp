#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/read/compression.hpp"
#include "core/read/file_map.hpp"
#include "core/report/records.hpp"
#include "core/source/block_source.hpp"

namespace coldread::extract {

/// Where the bytes of a file lie, up to `size`, as the report's `runs`: parts of extents, those that go on joined, and
/// one run for each compressed cluster.
[[nodiscard]] std::vector<report::Run> file_runs(const read::FileMap& map, std::uint64_t size,
                                                 const source::BlockSource& source,
                                                 const std::optional<read::Compression>& compression);

/// Where the compressed bytes of the cluster at `cluster` (file offset) lie, in their order, those that go on joined.
[[nodiscard]] std::vector<source::Placement> cluster_places(const read::FileMap& map, const source::BlockSource& source,
                                                            std::uint64_t cluster, std::uint32_t cluster_size);

/// The same, as the report has it.
[[nodiscard]] std::vector<report::StoredPart> stored_parts(const std::vector<source::Placement>& places);

}  // namespace coldread::extract
