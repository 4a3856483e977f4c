#pragma once

#include <optional>
#include <string>

#include "core/report/report_reader.hpp"

namespace coldread::report {

/// The block map of an entry as <svg>: what its blocks are stored as where the report has that (`runs`), and which of
/// them are bad. Nothing where a map would not be whole or not be bounded: sizes that are none, more ranges than were
/// kept, ranges upon ranges.
[[nodiscard]] std::optional<std::string> entry_map(const ReportEntry& entry, const Filesystem& filesystem);

}  // namespace coldread::report
