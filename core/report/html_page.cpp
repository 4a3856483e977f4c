#include "core/report/html_page.hpp"

#include "core/report/html_facts.hpp"
#include "core/report/html_text.hpp"
#include "core/report/page_parts.hpp"
#include "core/report/version.hpp"

namespace coldread::report {
namespace {

using Out = std::function<void(std::string_view)>;

/// How many of the entries are on the page.
std::string chosen_html(const EntryChoice& entries, std::size_t count) {
  if (count == entries.total()) {
    return "<p>All " + grouped(entries.total()) +
           " entries of the report are listed; what is not ok comes first, what was skipped last.</p>";
  }
  std::string out = "<p class=\"notice\"><strong>" + grouped(entries.total() - count) + " of " +
                    grouped(entries.total()) + " entries are left out here</strong>, and no filter finds them: ";
  if (entries.not_ok_chosen() == entries.not_ok()) {
    return out + "all " + grouped(entries.not_ok()) + " that are not ok are listed, and the first " +
           grouped(count - entries.not_ok_chosen()) + " of the others. The report has them all.</p>";
  }
  return out + "only " + grouped(entries.not_ok_chosen()) + " of the " + grouped(entries.not_ok()) +
         " that are not ok are listed, damaged ones first. The report has them all.</p>";
}

void write_maps(const EntryChoice& entries, const Out& out) {
  if (entries.maps().empty() && entries.maps_left_out() == 0) return;
  out("<section id=\"maps\">\n<h2>Block maps of damaged files</h2>\n");
  if (entries.maps_left_out() != 0) {
    out("<p class=\"notice\">" + grouped(entries.maps_left_out()) + " of " +
        grouped(entries.maps().size() + entries.maps_left_out()) +
        " damaged files have no map here: a page has room for so many, and for none of a file with more ranges than "
        "can be drawn. The report has their ranges.</p>\n");
  }
  std::size_t index = 0;
  for (const EntryChoice::Map& map : entries.maps()) {
    out("<figure class=\"map\" id=\"map-" + std::to_string(index++) + "\"><figcaption>" + to_isolated_html(map.path) +
        "</figcaption>\n" + map.svg + "</figure>\n");
  }
  out("</section>\n");
}

void write_data(const std::vector<const std::string*>& entries, const Out& out) {
  out("[");
  bool first = true;
  for (const std::string* entry : entries) {
    out(first ? "\n" : ",\n");
    out(*entry);
    first = false;
  }
  out("\n]");
}

}  // namespace

void write_html_page(const ReportDocument& document, const EntryChoice& entries, const Out& out) {
  const std::vector<const std::string*> chosen = entries.json();
  const auto write = [&](std::string_view part) {
    if (part == "style") out(page_style());
    if (part == "script") out(page_script());
    if (part == "headline") out(headline_html(document));
    if (part == "notices") out(notices_html(document));
    if (part == "run") out(run_html(document));
    if (part == "chosen") out(chosen_html(entries, chosen.size()));
    if (part == "maps") write_maps(entries, out);
    if (part == "version") out(to_html(version()));
    if (part == "data") write_data(chosen, out);
    if (part != "filesystems") return;
    for (std::size_t i = 0; i < document.filesystems.size(); ++i) out(filesystem_html(document.filesystems[i], i + 1));
  };
  // Marks are looked for in the template alone, never in what took their place.
  std::string_view rest = page_template();
  for (std::size_t at = rest.find("{{"); at != std::string_view::npos; at = rest.find("{{")) {
    const std::size_t end = rest.find("}}", at);
    out(rest.substr(0, at));
    write(rest.substr(at + 2, end - at - 2));
    rest = rest.substr(end + 2);
  }
  out(rest);
}

}  // namespace coldread::report
