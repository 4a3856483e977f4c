#pragma once

#include <string_view>

namespace coldread::report {

/// report_page.html, .css and .js, as they were when the program was built.
[[nodiscard]] std::string_view page_template();
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();

}  // namespace coldread::report
