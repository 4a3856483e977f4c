#pragma once

#include <string_view>

namespace coldread::report {

/// The report's JSON Schema (draft 2020-12): the text of schema.json, with its final newline.
[[nodiscard]] std::string_view schema();

}  // namespace coldread::report
