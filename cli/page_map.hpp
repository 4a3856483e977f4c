#pragma once

#include <string>

#include "cli/one_path.hpp"
#include "core/extract/page_table.hpp"
#include "core/extract/refused_pages.hpp"
#include "core/report/block_map.hpp"

namespace coldread::cli {

/// Adds a page's blocks, up to EOF, to the map of its file.
void add_row(report::BlockMap& map, const extract::PageRow& row, const OnePath& at);

/// The map as an SVG file, with what was found as its title.
[[nodiscard]] std::string svg_file(const report::BlockMap& map, const extract::RefusedPageList& pages,
                                   const OnePath& at, const extract::ContentPlan& plan);

}  // namespace coldread::cli
