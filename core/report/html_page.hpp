#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/entry_choice.hpp"
#include "core/report/report_reader.hpp"

namespace coldread::report {

/// Writes a report as one HTML page that loads nothing: what was done, the filesystems and their counts, the entries
/// with filters, block maps. `out` takes its parts in order. The same report gives the same bytes. Nothing of the
/// report is markup, style or script there: it is text with everything escaped, or JSON that the page's script shows as
/// text.
void write_html_page(const ReportDocument& document, const EntryChoice& entries,
                     const std::function<void(std::string_view)>& out);

}  // namespace coldread::report
