#pragma once

#include <string_view>

namespace coldread::report {

/// What a report says of its form.
inline constexpr std::string_view kSchemaName = "coldread-report/1";

/// The report's JSON Schema (draft 2020-12): the text of schema.json, with its final newline.
[[nodiscard]] std::string_view schema();

}  // namespace coldread::report
