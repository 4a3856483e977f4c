#pragma once

#include <string_view>

namespace coldread::report {

/// The program's version, as `coldread --version` and the report's tool.version tell it: "1.2.3".
[[nodiscard]] std::string_view version();

}  // namespace coldread::report
