#pragma once

#include <memory>

#include "cli/io.hpp"
#include "cli/one_path.hpp"
#include "core/extract/page_table.hpp"
#include "core/extract/refused_pages.hpp"

namespace coldread::cli {

/// Prints a page table, row by row.
class PagePrinter {
 public:
  PagePrinter() = default;
  PagePrinter(const PagePrinter&) = delete;
  PagePrinter& operator=(const PagePrinter&) = delete;
  virtual ~PagePrinter() = default;

  virtual void begin() = 0;
  virtual void row(const extract::PageRow& row) = 0;
  /// `pages` holds all rows, or, where it is not `whole`, those up to an interrupt.
  virtual void end(const extract::RefusedPageList& pages, bool whole) = 0;
};

/// For people: a line a page, and then how a kernel would behave. What it prints of must outlive it.
[[nodiscard]] std::unique_ptr<PagePrinter> text_printer(const OnePath& at, const extract::ContentPlan& plan, Io& io);

/// For programs: one object, a page a line.
[[nodiscard]] std::unique_ptr<PagePrinter> json_printer(const OnePath& at, const extract::ContentPlan& plan, Io& io);

/// Where the run lies, for people: its blocks of the file and of the filesystem.
[[nodiscard]] std::string where(const extract::PageRun& run, const OnePath& at);

/// "17" or "17-20".
[[nodiscard]] std::string span(std::uint64_t first, std::uint64_t last);

}  // namespace coldread::cli
