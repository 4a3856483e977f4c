#include "core/report/html_page.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/report/entry_map.hpp"
#include "core/report/html_text.hpp"
#include "core/report/json_value.hpp"

namespace coldread::report {
namespace {

ReportEntry entry(const std::string& path, const std::string& status) {
  ReportEntry out;
  out.path = path;
  out.type = "file";
  out.status = status;
  out.size = 8192;
  return out;
}

Filesystem filesystem() {
  Filesystem out;
  out.block_size = 4096;
  out.page_size = 4096;
  return out;
}

std::string paths(const EntryChoice& choice) {
  std::string out;
  for (const std::string* json : choice.json()) {
    out += JsonValue::parse(*json).value().get("path")->text().value() + " ";
  }
  return out;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_page)

BOOST_AUTO_TEST_CASE(escapes_text) {
  BOOST_TEST(to_html("<a href=\"x\" t='y'>&") == "&lt;a href=&quot;x&quot; t=&#39;y&#39;&gt;&amp;");
  BOOST_TEST(to_html("a\xe2\x80\xaeg\n") == "a<span class=\"u\">U+202E</span>g<span class=\"u\">U+000A</span>");
  BOOST_TEST(to_html("\xc2\x85\xf3\xa0\x80\x81") == "<span class=\"u\">U+0085</span><span class=\"u\">U+E0001</span>");
  BOOST_TEST(to_html("caf\xe9 \xc3\xa9 \xf0\x9f\x92\xa9") == "caf\xef\xbf\xbd \xc3\xa9 \xf0\x9f\x92\xa9");
  BOOST_TEST(to_script_json(R"({"a":"</script><!--&"})") == R"({"a":"\u003c/script\u003e\u003c!--\u0026"})");
}

BOOST_AUTO_TEST_CASE(says_numbers_for_people) {
  BOOST_TEST(grouped(0) == "0");
  BOOST_TEST(grouped(123) == "123");
  BOOST_TEST(grouped(1234567) == "1,234,567");
  BOOST_TEST(bytes_in_words(1) == "1 byte");
  BOOST_TEST(bytes_in_words(1023) == "1,023 bytes");
  BOOST_TEST(bytes_in_words(4096) == "4.0 KiB (4,096 bytes)");
  BOOST_TEST(bytes_in_words(~std::uint64_t{0}) == "16.0 EiB (18,446,744,073,709,551,615 bytes)");
}

BOOST_AUTO_TEST_CASE(chooses_what_is_damaged_first) {
  EntryChoice choice({.entries = 4, .bytes = 1 << 20, .maps = 1});
  for (const char* status : {"ok", "ok", "skipped", "locked", "damaged", "ok", "error", "ok"}) {
    choice.add(entry(status + std::to_string(choice.total()), status), filesystem());
  }
  BOOST_TEST(paths(choice) == "damaged4 error6 locked3 ok0 ");
  BOOST_TEST(choice.total() == 8);
  BOOST_TEST(choice.not_ok() == 3);
  BOOST_TEST(choice.not_ok_chosen() == 3);
  choice.add(entry("damaged8", "damaged"), filesystem());
  BOOST_TEST(paths(choice) == "damaged4 error6 damaged8 locked3 ");
  BOOST_TEST(choice.not_ok() == 4);
}

BOOST_AUTO_TEST_CASE(keeps_its_bytes_bounded) {
  EntryChoice choice({.entries = 1000, .bytes = 2000, .maps = 1});
  for (int i = 0; i < 100; ++i) choice.add(entry("damaged", "damaged"), filesystem());
  std::size_t bytes = 0;
  for (const std::string* json : choice.json()) bytes += json->size();
  BOOST_TEST(bytes <= 2000);
  BOOST_TEST(bytes > 1000);
}

BOOST_AUTO_TEST_CASE(draws_so_many_maps_and_counts_the_others) {
  EntryChoice choice({.entries = 10, .bytes = 1 << 20, .maps = 2});
  ReportEntry damaged = entry("x", "damaged");
  damaged.bad.add({{4096, 4096}, "read", "why"}, 10);
  for (int i = 0; i < 5; ++i) choice.add(damaged, filesystem());
  BOOST_TEST(choice.maps().size() == 2);
  BOOST_TEST(choice.maps_left_out() == 3);
  BOOST_TEST(count(choice.maps()[0].svg, "FAILED: read: why") == 1);
  BOOST_TEST(choice.json()[1]->find("\"map\":1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(draws_no_map_that_is_not_whole_or_has_no_end) {
  ReportEntry damaged = entry("x", "damaged");
  damaged.bad.add({{0, 4096}, "read", "why"}, 10);
  BOOST_TEST(entry_map(damaged, filesystem()).has_value());
  Filesystem odd = filesystem();
  odd.block_size = 3;
  BOOST_TEST(!entry_map(damaged, odd));
  damaged.bad.total = 11;
  BOOST_TEST(!entry_map(damaged, filesystem()));
  damaged.bad.total = 1;
  damaged.size = ~std::uint64_t{0};
  BOOST_TEST(entry_map(damaged, filesystem()).has_value());
  for (int i = 0; i < 1000; ++i) damaged.runs.add({0, *damaged.size, {}, "stored"}, 1000);
  BOOST_TEST(!entry_map(damaged, filesystem()));
}

BOOST_AUTO_TEST_CASE(keeps_numbers_exact_that_a_script_could_not) {
  EntryChoice choice;
  ReportEntry large = entry("x", "ok");
  large.size = (1ULL << 53U) + 1;
  choice.add(large, filesystem());
  BOOST_TEST(choice.json()[0]->find(R"("size":"9007199254740993")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(writes_nothing_of_the_report_as_markup) {
  const std::string evil = "</script><script>x()</script>{{data}}\"'<b>";
  ReportDocument document;
  document.image.path = document.tool_version = document.result = document.run.started = evil;
  document.run.arguments = {evil};
  document.problems.add(evil, 1);
  ReportFilesystem& filesystem = document.filesystems.emplace_back();
  filesystem.facts.type = filesystem.facts.uuid = filesystem.facts.label = filesystem.facts.replay.kind = evil;
  filesystem.facts.replay.needed = true;
  filesystem.facts.replay.applied = 1;
  filesystem.facts.features = {evil};
  Policy policy;
  policy.master_key = policy.contents = policy.filenames = policy.key = policy.problem = policy.key_proof = evil;
  filesystem.policies.add(policy, 1);
  EntryChoice choice;
  ReportEntry bad = entry(evil, evil);
  bad.bad.add({{0, 4096}, evil, evil}, 1);
  bad.problems.add(evil, 1);
  bad.facts.emplace_back(evil, evil);
  Filesystem facts;
  facts.block_size = facts.page_size = 4096;
  choice.add(bad, facts);
  std::string page;
  write_html_page(document, choice, [&](std::string_view part) { page += part; });
  BOOST_TEST(count(page, "<script") == 2);
  BOOST_TEST(count(page, "</script>") == 2);
  BOOST_TEST(count(page, "<b>") == 0);
  BOOST_TEST(count(page, "default-src 'none'") == 1);
  BOOST_TEST(page.ends_with("</html>\n"));
  std::string again;
  write_html_page(document, choice, [&](std::string_view part) { again += part; });
  BOOST_TEST(page == again);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
