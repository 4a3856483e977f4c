#include "cli/page_map.hpp"

#include <algorithm>
#include <vector>

#include "cli/page_printer.hpp"

namespace coldread::cli {
namespace {

std::string reason_of(const extract::StepEnd& end) {
  return std::string(read::to_string(end.step)) + ": " + end.reason;
}

/// What is wrong with the file, for its title.
std::string result(const extract::RefusedPageList& pages, const extract::ContentPlan& plan) {
  if (plan.verity && !plan.verity->descriptor) {
    return "fs-verity: " + plan.verity->malformed + "; a kernel refuses to open it";
  }
  std::string text = std::to_string(pages.total()) + (pages.total() == 1 ? " page, " : " pages, ") +
                     std::to_string(pages.bad()) + " bad";
  if (pages.refused() != 0) {
    text += ", " + std::to_string(pages.refused()) + " more refused by a kernel although their data is proven";
  }
  return text;
}

}  // namespace

void add_row(report::BlockMap& map, const extract::PageRow& row, const OnePath& at) {
  for (const extract::PageRun& run : row.runs) {
    if (run.offset >= map.size()) break;
    report::BlockRange range;
    range.offset = run.offset;
    range.length = std::min(run.length, map.size() - run.offset);
    range.kind = report::block_kind(read::to_string(run.kind));
    const auto went = [&](read::StepKind step) {
      return std::find(run.steps.begin(), run.steps.end(), step) != run.steps.end();
    };
    range.encrypted = at.encryption() != nullptr && read::has_source(run.kind);
    range.failed = run.failed.has_value();
    range.refused = run.refused.has_value();
    range.verified = !range.failed && !range.refused && went(read::StepKind::kVerity);
    if (run.failed) range.reason = reason_of(*run.failed);
    if (run.refused) range.reason = reason_of(*run.refused);
    if (run.placement && run.placement->medium == source::Medium::kImage) {
      range.image_offset = run.placement->offset;
    } else if (read::has_source(run.kind)) {
      range.place = "(" + where(run, at) + ")";
    }
    map.add(range);
  }
}

std::string svg_file(const report::BlockMap& map, const extract::RefusedPageList& pages, const OnePath& at,
                     const extract::ContentPlan& plan) {
  const std::vector<std::string> title{
      "/" + at.item.path,
      "inode " + std::to_string(at.item.number.value) + ", " + std::to_string(map.size()) + " bytes, blocks of " +
          std::to_string(map.block_size()) + ", pages of " + std::to_string(map.page_size()),
      result(pages, plan)};
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + report::to_svg(map, report::kMapWidth, title);
}

}  // namespace coldread::cli
