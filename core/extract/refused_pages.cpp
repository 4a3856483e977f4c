#include "core/extract/refused_pages.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace coldread::extract {
namespace {

/// Of pages that are told together: more would make no line that is read.
constexpr std::size_t kMostParts = 8;

void add_blocks(std::vector<RefusedBlocks>& list, const RefusedBlocks& next) {
  RefusedBlocks* const last = list.empty() ? nullptr : &list.back();
  if (last != nullptr && last->step == next.step && last->proven == next.proven && next.first <= last->last + 1) {
    last->last = std::max(last->last, next.last);
  } else {
    list.push_back(next);
  }
}

std::set<std::pair<read::StepKind, bool>> causes(const RefusedPages& pages) {
  std::set<std::pair<read::StepKind, bool>> found;
  for (const RefusedBlocks& blocks : pages.blocks) found.emplace(blocks.step, blocks.proven);
  return found;
}

}  // namespace

void RefusedPageList::add(const PageRow& row) {
  ++total_;
  RefusedPages page{row.page, row.page, {}};
  for (const PageRun& run : row.runs) {
    const std::optional<StepEnd>& end = run.failed ? run.failed : run.refused;
    if (!end) continue;
    add_blocks(page.blocks, {run.offset / block_size_, (run.offset + run.length - 1) / block_size_, end->step,
                             !run.failed.has_value()});
  }
  if (page.blocks.empty()) return;
  ++(row.bad() ? bad_ : refused_);
  RefusedPages* const before = pages_.empty() ? nullptr : &pages_.back();
  if (before == nullptr || before->last + 1 != page.first || causes(*before) != causes(page)) {
    pages_.push_back(std::move(page));
    return;
  }
  std::vector<RefusedBlocks> both = before->blocks;
  for (const RefusedBlocks& blocks : page.blocks) add_blocks(both, blocks);
  if (both.size() > kMostParts) {
    pages_.push_back(std::move(page));
    return;
  }
  before->last = page.last;
  before->blocks = std::move(both);
}

}  // namespace coldread::extract
