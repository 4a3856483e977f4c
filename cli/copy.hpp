#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/io.hpp"
#include "core/extract/content.hpp"
#include "core/read/page_reader.hpp"

namespace coldread::cli {

/// Writes [begin, end) of a file by `write`, which ends it by saying false; what failed is written as it was read, and
/// told on standard error. Returns the exit code.
[[nodiscard]] int copy(const read::PageReader& reader, std::uint64_t begin, std::uint64_t end, const std::string& path,
                       const std::function<bool(std::string_view)>& write, Io& io);

/// Says on standard error what is wrong with the file's fs-verity metadata, where something is. Returns the exit code.
[[nodiscard]] int tell_verity(const extract::ContentPlan& plan, const std::string& path, Io& io);

}  // namespace coldread::cli
