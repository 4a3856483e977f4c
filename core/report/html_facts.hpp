#pragma once

#include <string>

#include "core/report/report_reader.hpp"

namespace coldread::report {

/// Parts of a report's page, as HTML with everything of the report escaped.

/// The image and how it ended.
[[nodiscard]] std::string headline_html(const ReportDocument& document);
/// What speaks against the report as a whole, and what it says of the image as a whole.
[[nodiscard]] std::string notices_html(const ReportDocument& document);
/// Tool, image, command line, times, jobs, result, exit code.
[[nodiscard]] std::string run_html(const ReportDocument& document);
/// A filesystem's facts, replay, policies and counts; `number` counts from 1.
[[nodiscard]] std::string filesystem_html(const ReportFilesystem& filesystem, std::size_t number);

}  // namespace coldread::report
