#include "core/report/report_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace coldread::report {
namespace {

const std::string kFacts = R"("type":"file","links":1,"uid":0,"gid":0,"mode":"0644")";
const std::string kSummary =
    R"({"files":1,"directories":0,"symlinks":0,"other":0,"bytes":10000,"ok":0,"damaged":1,"locked":0,"skipped":0,)"
    R"("error":0,"verity":{"verified":0,"mismatch":1,"malformed":0},"pages":{"total":3,"bad":2}})";
const std::string kEntry =
    R"({"path":"a/b","inode":12,)" + kFacts +
    R"(,"size":10000,"status":"damaged","sha256":"00","xattrs":{"user.x":"YQ=="},"later":[{"x":[1]}],)"
    R"("encryption":{"policy":0,"nonce":"ab"},"runs":[{"offset":0,"length":8192,"image_offset":4096,"kind":"stored"},)"
    R"({"offset":8192,"length":4096,"image_offset":null,"kind":"hole"}],"verity":{"status":"mismatch","signature":)"
    R"("valid","signer":{"subject":"CN=x"},"tree":[{"offset":16384,"length":4096,"level":0,"index":0,)"
    R"("covers":{"offset":0,"length":10000},"recomputed":true,"reason":"no match"}]},)"
    R"("pages":{"total":3,"bad":[{"offset":0,"length":1024,"step":"read","reason":"r"},)"
    R"({"offset":2048,"length":6144,"step":"verity","reason":"v"}]},"problems":["p1","p2"]})";

std::string report_of(const std::string& entries, const std::string& summary = kSummary,
                      const std::string& schema = "coldread-report/1") {
  return R"({"schema":")" + schema +
         R"(","tool":{"name":"coldread","version":"9"},"image":{"path":"i","size":7,"format":"raw","sha256":null},)"
         R"("filesystems":[{"partition":null,"type":"ext4","uuid":"u","label":"l","block_size":1024,"page_size":4096,)"
         R"("features":["f"],"replay":{"needed":true,"kind":"journal","applied":2},"entries":[)" +
         entries +
         R"(],"policies":[{"version":2,"master_key":"mk","contents":"c","filenames":"n","padding":4,"flags":[],)"
         R"("data_unit_size":4096,"key":"missing","entries":3}],"summary":)" +
         summary +
         R"(}],"run":{"arguments":["extract","i"],"started":"s","finished":"e","jobs":2},"problems":["top"],)"
         R"("result":"findings","exit_code":1})";
}

struct Read {
  std::vector<ReportEntry> entries;
  std::optional<ReportDocument> document;
  std::string error;
};

Read read(const std::string& text) {
  std::istringstream in(text);
  Read out;
  auto document = read_report(in, [&](const ReportEntry& entry, const Filesystem& filesystem) {
    BOOST_TEST(filesystem.page_size == 4096);
    out.entries.push_back(entry);
    return true;
  });
  if (document) {
    out.document = *std::move(document);
  } else {
    out.error = document.error().what;
    BOOST_TEST((document.error().kind == ErrorKind::kCorrupt));
  }
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_reader)

BOOST_AUTO_TEST_CASE(reads_what_a_report_says) {
  const Read got = read(report_of(kEntry));
  BOOST_TEST(got.error == "");
  BOOST_REQUIRE(got.document);
  const ReportDocument& document = *got.document;
  BOOST_TEST(document.tool_version == "9");
  BOOST_TEST(document.image.size == 7);
  BOOST_TEST(document.run.arguments.size() == 2);
  BOOST_TEST(document.run.jobs == 2);
  BOOST_TEST(document.problems.items.at(0) == "top");
  BOOST_TEST(document.result == "findings");
  BOOST_TEST(document.exit_code == 1);
  BOOST_REQUIRE(document.filesystems.size() == 1);
  const ReportFilesystem& filesystem = document.filesystems[0];
  BOOST_TEST(filesystem.facts.block_size == 1024);
  BOOST_TEST(filesystem.facts.replay.applied == 2);
  BOOST_TEST(filesystem.policies.items.at(0).master_key == "mk");
  BOOST_TEST(filesystem.entries == 1);
  BOOST_TEST(filesystem.bytes_by_status.at("damaged") == 10000);
  BOOST_TEST(document.mismatches().empty());

  BOOST_REQUIRE(got.entries.size() == 1);
  const ReportEntry& entry = got.entries[0];
  BOOST_TEST(entry.path == "a/b");
  BOOST_TEST(entry.inode == 12);
  BOOST_TEST(entry.size.value() == 10000);
  BOOST_TEST(entry.verity.value() == "mismatch");
  BOOST_TEST(entry.signature == "valid");
  BOOST_TEST(entry.verity_facts.at(1).second == "subject CN=x");
  BOOST_TEST(entry.tree.items.at(0).covers.length == 10000);
  BOOST_TEST(entry.tree.items.at(0).recomputed);
  BOOST_TEST(entry.runs.total == 2);
  BOOST_TEST(entry.runs.items.at(1).kind == "hole");
  BOOST_TEST(!entry.runs.items.at(1).image_offset);
  BOOST_TEST(entry.bad.items.at(1).step == "verity");
  BOOST_TEST(entry.bad_pages == 2);  // the first page has both ranges, the second is whole
  BOOST_TEST(entry.problems.items.at(1) == "p2");
  BOOST_TEST(entry.why() == "1024 bytes at offset 0: read: r, and 1 more");
}

BOOST_AUTO_TEST_CASE(tells_where_a_summary_is_not_what_the_entries_come_to) {
  const Read got = read(report_of(kEntry, replaced(kSummary, R"("damaged":1)", R"("damaged":0)")));
  BOOST_REQUIRE(got.document);
  const auto mismatches = got.document->mismatches();
  BOOST_REQUIRE(mismatches.size() == 1);
  BOOST_TEST(mismatches[0] == "filesystem 1: the report's summary says 0 (damaged), its entries come to 1");
  const Read ok = read(replaced(report_of(kEntry), R"("result":"findings")", R"("result":"ok")"));
  BOOST_REQUIRE(ok.document);
  BOOST_TEST(ok.document->mismatches().at(0) == "filesystem 1: the result is ok, and its entries are not");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_report) {
  const std::string good = report_of(kEntry);
  const auto error = [](const std::string& text) { return read(text).error; };
  const std::string begin = "is no report of coldread that can be shown: ";
  BOOST_TEST(error("") == begin + "this is not JSON");
  BOOST_TEST(error(good.substr(0, good.size() - 1)) == begin + "this is not JSON");
  BOOST_TEST(error(good + "x") == begin + "this is not JSON");
  BOOST_TEST(error("{}") == begin + "`schema` is missing, or not as the schema has it");
  BOOST_TEST(error("7") == begin + "`` in it is of another type than it should be");
  BOOST_TEST(error(report_of(kEntry, kSummary, "coldread-report/2")) ==
             begin + "its schema is \"coldread-report/2\", and coldread-report/1 is what is understood");
  BOOST_TEST(error(replaced(good, "[{\"path\"", std::string(100'000, '[') + "[{\"path\"")) ==
             begin + "`filesystems[].entries[]` in it is of another type than it should be");
  BOOST_TEST(error(replaced(good, "[{\"x\":[1]}]", std::string(100'000, '['))) == begin + "it is nested too deep");
  BOOST_TEST(error(replaced(good, "\"size\":10000", "\"size\":-1")) ==
             begin + "filesystem 1, entry 1 (a/b): `size` is missing, or not as the schema has it");
  BOOST_TEST(error(replaced(good, "\"path\":\"a/b\",", "")) ==
             begin + "filesystem 1, entry 1: `path` is missing, or not as the schema has it");
  BOOST_TEST(error(replaced(good, "[\"p1\"", "[{}")) ==
             begin + "filesystem 1, entry 1 (a/b): `problems[]` is missing, or not as the schema has it");
  BOOST_TEST(error(replaced(good, "\"length\":1024", "\"length\":\"\"")) ==
             begin + "filesystem 1, entry 1 (a/b): `pages.bad.length` is missing, or not as the schema has it");
  BOOST_TEST(error(replaced(good, "\"summary\":", "\"x\":")) ==
             begin + "filesystem 1: `summary` is missing, or not as the schema has it");
  BOOST_TEST(error(report_of("5")) == begin + "`filesystems[].entries[]` in it is of another type than it should be");
  BOOST_TEST(error(replaced(good, "\"exit_code\":1", "\"x\":1")) ==
             begin + "`exit_code` is missing, or not as the schema has it");
}

BOOST_AUTO_TEST_CASE(keeps_the_first_of_what_has_no_end) {
  std::string problems = "\"" + std::string(100'000, 'x') + "\"";
  for (int i = 0; i < 5000; ++i) problems += ",\"p\"";
  const Read got = read(report_of(replaced(kEntry, R"(["p1","p2"])", "[" + problems + "]")));
  BOOST_TEST(got.error == "");
  BOOST_REQUIRE(got.entries.size() == 1);
  BOOST_TEST(got.entries[0].problems.total == 5001);
  BOOST_TEST(got.entries[0].problems.items.size() == 200);
  BOOST_TEST(got.entries[0].problems.items[0].size() < 9000);
}

BOOST_AUTO_TEST_CASE(ends_where_it_is_told_to) {
  std::istringstream in(report_of(kEntry + "," + kEntry));
  int calls = 0;
  const auto got = read_report(in, [&](const ReportEntry&, const Filesystem&) { return ++calls == 0; });
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().kind == ErrorKind::kInterrupted));
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
