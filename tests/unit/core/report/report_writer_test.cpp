#include "core/report/report_writer.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/report/json_value.hpp"
#include "core/report/schema.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::report {
namespace {

namespace fs = std::filesystem;

const std::string kHex32(32, 'a');
const std::string kHex64(64, 'b');

Entry entry(const std::string& path, const std::string& type) {
  Entry out;
  out.path = path;
  out.type = type;
  out.inode = 2;
  out.has_facts = true;
  out.status = "ok";
  out.crtime = Time{-62167219201, 0};
  return out;
}

/// Entries that use every field there is.
std::vector<Entry> entries() {
  std::vector<Entry> out = {entry("", "dir"),      entry("b", "blk"),  entry("f", "file"), entry("f\xff\n", "file"),
                            entry("l", "symlink"), entry("s", "sock"), entry("x", "")};
  out[1].rdev = {259, 1048575};
  out[1].status = "skipped";
  Entry& file = out[2];
  file.size = ~std::uint64_t{0};
  file.mtime = {~std::int64_t{0}, 999999999};
  file.atime = {std::int64_t{1} << 62, 0};
  file.xattrs = {{"user.x", std::string("\0\xff", 2)}, {"user.\xff", "y"}, {"", ""}};
  file.hashes = {{"sha256", kHex64}, {"sha1", std::string(40, 'c')}, {"md5", kHex32}};
  file.encryption = {0, kHex32};
  file.verity = VerityResult{"mismatch", "sha512", 1024, "00ff", std::string(128, 'd'), "invalid", "differs"};
  file.runs = std::vector<Run>{{0, 10, 0, "inline"}, {10, 10, std::nullopt, "compressed"}};
  file.pages = Pages{3, 1, {{{0, 4096}, "map", "why"}, {{8192, 4096}, "decompress", ""}}};
  file.status = "damaged";
  file.problems = {"a \xff problem"};
  out[3].verity.emplace();
  out[3].verity->status = "malformed";
  out[3].written_as = "\xff~2";
  out[3].status = "damaged";
  out[4].target = "\xfe";
  out[4].status = "locked";
  out[6].has_facts = false;
  out[6].status = "error";
  return out;
}

Filesystem filesystem(bool partitioned) {
  Filesystem out;
  if (partitioned) out.partition = PartitionInfo{3, "user\xff", "", 4096, 8192};
  out.type = partitioned ? "f2fs" : "ext4";
  out.block_size = 4096;
  out.page_size = 4096;
  out.features = {"encryption"};
  if (partitioned) out.replay = {true, "roll-forward", 5};
  return out;
}

Result<void> write_report(const std::string& path, const RunInfo& run, bool with_filesystems = true) {
  auto writer = ReportWriter::open(path, {"image\xff", 1 << 20, "ewf", kHex64});
  if (!writer) return fail(writer.error());
  for (const bool partitioned : {false, true}) {
    if (!with_filesystems) break;
    (*writer)->begin_filesystem(filesystem(partitioned));
    Summary summary;
    for (const Entry& one : entries()) {
      (*writer)->add_entry(one);
      summary.add(one);
    }
    Policy policy{2, kHex32, "Adiantum", "Adiantum", 32, {"DIRECT_KEY"}, 4096, "supplied", true, 1};
    const std::vector<Policy> policies(partitioned ? 2 : 0, policy);
    (*writer)->end_filesystem(policies, summary, std::vector<std::string>(partitioned ? 1 : 0, "a \xff problem"));
  }
  return (*writer)->finish(run, "findings", 1, {"p9: f2fs is not read"});
}

const RunInfo kRun{{"extract", "i\xff"}, "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", 2};

std::string validator() { return std::string(COLDREAD_SOURCE_DIR) + "/tests/support/validate_report.py"; }

/// The validator's exit status for a report (3: it does not fulfil the schema); its words go to the test's log.
int validate(const test::TempDir& dir, const std::string& report) {
  test::write_text(dir / "schema.json", schema());
  const std::string command =
      "python3 '" + validator() + "' '" + dir / "schema.json" + "' '" + report + "' >'" + dir / "log" + "' 2>&1";
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): a test's own, constant command
  BOOST_TEST_MESSAGE(test::read_text(dir / "log"));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_writer)

BOOST_AUTO_TEST_CASE(fulfils_the_schema) {
  const test::TempDir dir;
  BOOST_REQUIRE(write_report(dir / "full.json", kRun));
  BOOST_TEST(validate(dir, dir / "full.json") == 0);
  BOOST_REQUIRE(write_report(dir / "empty.json", kRun, false));
  BOOST_TEST(validate(dir, dir / "empty.json") == 0);
}

BOOST_AUTO_TEST_CASE(the_schema_is_strict) {
  const test::TempDir dir;
  BOOST_REQUIRE(write_report(dir / "good.json", kRun));
  const std::string good = test::read_text(dir / "good.json");
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"result\"", "\"outcome\""},
      {"\"status\":\"locked\"", "\"status\":\"lost\""},
      {"\"mode\":\"0000\"", "\"mode\":\"000\""},
      {"\"exit_code\":1", "\"exit_code\":5"},
      {"\"path\":\"l\"", "\"path\":\"l\",\"extra\":1"},
      {"\"listed\":\"differs\"", "\"listed\":\"maybe\""},
      {"\"uid\":0,", ""},
      {"\"inode\":2,", "\"inode\":-2,"},
      {"\"kind\":\"roll-forward\"", "\"kind\":\"other\""},
  };
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    const std::size_t at = bad.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, from);
    bad.replace(at, from.size(), to);
    test::write_text(dir / "bad.json", bad);
    BOOST_TEST(validate(dir, dir / "bad.json") == 3, from << " -> " << to);
  }
}

BOOST_AUTO_TEST_CASE(differs_between_runs_only_in_run) {
  const test::TempDir dir;
  BOOST_REQUIRE(write_report(dir / "a.json", kRun));
  BOOST_REQUIRE(write_report(dir / "b.json", {{"x"}, "2027-01-02T03:04:05Z", "2027-01-02T03:04:06Z", 8}));
  auto a = JsonValue::parse(test::read_text(dir / "a.json"));
  auto b = JsonValue::parse(test::read_text(dir / "b.json"));
  BOOST_REQUIRE(a);
  BOOST_REQUIRE(b);
  BOOST_TEST(a->dump() != b->dump());
  BOOST_TEST(a->set("run", JsonValue()).dump() == b->set("run", JsonValue()).dump());
}

BOOST_AUTO_TEST_CASE(has_a_line_for_each_entry) {
  const test::TempDir dir;
  BOOST_REQUIRE(write_report(dir / "r.json", kRun));
  const std::string text = test::read_text(dir / "r.json");
  BOOST_TEST(count(text, "\n{\"path\":") == 2 * entries().size());
  const auto value = JsonValue::parse(text);
  BOOST_REQUIRE(value);
  BOOST_TEST(value->get("schema")->text().value() == "coldread-report/1");
  const auto filesystems = value->get("filesystems")->elements();
  BOOST_REQUIRE(filesystems->size() == 2);
  BOOST_TEST((*filesystems)[1].get("entries")->elements()->size() == entries().size());
  BOOST_TEST((*filesystems)[1].get("policies")->elements()->size() == 2);
  BOOST_TEST(!(*filesystems)[0].has("problems"));
  BOOST_TEST((*filesystems)[1].get("problems")->dump() == "[\"a \xef\xbf\xbd problem\"]");
  BOOST_TEST((*filesystems)[1].get("summary")->get("error")->number().value() == 1);
  BOOST_TEST(value->get("exit_code")->number().value() == 1);
}

BOOST_AUTO_TEST_CASE(writes_nothing_without_an_end) {
  const test::TempDir dir;
  {
    auto writer = ReportWriter::open(dir / "r.json", {});
    BOOST_REQUIRE(writer);
    (*writer)->begin_filesystem(filesystem(false));
    (*writer)->add_entry(entry("", "dir"));
    const auto done = (*writer)->finish(kRun, "ok", 0, {});
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().kind == ErrorKind::kOutput));
  }
  BOOST_TEST(fs::is_empty(dir.path()));
}

BOOST_AUTO_TEST_CASE(tells_of_a_failed_write_at_the_end) {
  if (!fs::exists("/dev/full")) return;
  const auto done = write_report("/dev/full", kRun);
  BOOST_REQUIRE(!done);
  BOOST_TEST((done.error().kind == ErrorKind::kOutput));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
