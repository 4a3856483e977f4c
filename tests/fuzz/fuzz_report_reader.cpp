#include <sstream>
#include <string>

#include "core/base/text.hpp"
#include "core/report/entry_choice.hpp"
#include "core/report/html_page.hpp"
#include "core/report/report_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// A report that is shown to people: read_report, EntryChoice, entry_map, write_html_page.

namespace coldread::fuzz {
namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = coldread::fuzz;
  namespace report = coldread::report;
  fuzz::Input input(data, size);
  std::istringstream text(input.rest().str());
  constexpr std::size_t kMostEntries = 20;
  report::EntryChoice choice({.entries = kMostEntries, .bytes = 1 << 20, .maps = 3});
  const auto document =
      report::read_report(text, [&](const report::ReportEntry& entry, const report::Filesystem& filesystem) {
        fuzz::require(entry.problems.items.size() <= entry.problems.total, "what is kept was there");
        choice.add(entry, filesystem);
        return true;
      });
  fuzz::require(choice.json().size() <= kMostEntries, "memory is bounded");
  if (!document) {
    fuzz::require(document.error().what.find("no report of coldread") != std::string::npos, "what is wrong is said");
    return 0;
  }
  std::string page;
  report::write_html_page(*document, choice, [&](std::string_view part) { page += part; });
  fuzz::require(coldread::is_utf8(page), "a page is well-formed UTF-8");
  fuzz::require(fuzz::count(page, "<script") == 2 && fuzz::count(page, "</script") == 2, "no text becomes a script");
  fuzz::require(fuzz::count(page, "<body") == 1 && page.ends_with("</html>\n"), "a page is whole");
  return 0;
}
