#include "core/extract/list_check.hpp"

#include <boost/test/unit_test.hpp>

#include "core/extract/tree_walker.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using extract::ListCheck;

BOOST_AUTO_TEST_SUITE(extract_list_check)

namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');

verity::DigestList list_of(const std::vector<std::string>& paths) {
  verity::DigestList list;
  for (const std::string& path : paths) BOOST_REQUIRE(list.add("sha256:" + kA + " " + path + "\n", "list"));
  return list;
}

report::Entry file(const std::string& path, const std::string& digest = kA) {
  report::Entry entry;
  entry.path = path;
  entry.type = "file";
  entry.status = "ok";
  if (digest.empty()) return entry;
  entry.verity.emplace();
  entry.verity->status = "verified";
  entry.verity->algorithm = "sha256";
  entry.verity->digest = digest;
  return entry;
}

/// Holds an entry, and returns what it is told of the list.
std::string hold(ListCheck& check, const std::string& partition, report::Entry entry, bool finding) {
  BOOST_TEST(check.hold(partition, {}, entry) == finding, entry.path);
  BOOST_TEST(entry.problems.empty() == !finding);
  return entry.verity ? entry.verity->listed : entry.problems.empty() ? "" : entry.problems.front();
}

std::string counts(const ListCheck& check) {
  const report::DigestListResult& r = check.result();
  BOOST_TEST(r.listed == r.match + r.differs + r.missing + r.not_verity + r.not_looked_at);
  return std::to_string(r.match) + " " + std::to_string(r.differs) + " " + std::to_string(r.missing) + " " +
         std::to_string(r.not_verity) + " " + std::to_string(r.not_looked_at) + " " + std::to_string(r.unlisted);
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_way_of_not_matching_is_told_apart) {
  const auto list = list_of({"same", "other", "plain", "locked", "broken", "gone"});
  ListCheck check(list, {{""}, {}, {}, {}});
  BOOST_TEST(hold(check, "", file("same"), false) == "match");
  BOOST_TEST(hold(check, "", file("other", kB), true) == "differs");
  BOOST_TEST(hold(check, "", file("unlisted"), false) == "absent");
  BOOST_TEST(hold(check, "", file("neither", ""), false) == "");
  BOOST_TEST(hold(check, "", file("plain", ""), true) ==
             "listed with a digest (list line 1), but its digest could not be taken: it is no fs-verity file");
  report::Entry locked = file("locked", "");
  locked.status = "locked";
  BOOST_TEST(hold(check, "", locked, true).find("could not be taken: it is locked") != std::string::npos);
  report::Entry broken = file("broken");
  broken.verity->status = "malformed";
  broken.verity->digest.clear();
  BOOST_TEST(hold(check, "", broken, true) == "");
  const auto missing = check.finish(false);
  BOOST_REQUIRE(missing.size() == 1u);
  BOOST_TEST(missing.front() == "gone: listed with a digest (list line 1), but there is no such file");
  BOOST_TEST(counts(check) == "1 1 1 3 0 1");
  BOOST_TEST(check.result().match_unverified == 0u);
}

BOOST_AUTO_TEST_CASE(a_digest_that_matches_data_that_does_not_is_counted_so) {
  const auto list = list_of({"a"});
  ListCheck check(list, {{""}, {}, {}, {}});
  report::Entry entry = file("a");
  entry.verity->status = "mismatch";
  BOOST_TEST(hold(check, "", entry, false) == "match");
  BOOST_TEST(check.finish(false).empty());
  BOOST_TEST(check.result().match_unverified == 1u);
}

BOOST_AUTO_TEST_CASE(a_path_may_be_of_any_filesystem_or_of_one) {
  const auto list = list_of({"p1/a", "p2/a", "b", "p2/gone", "p7/x"});
  ListCheck check(list, {{"p1", "p2"}, {}, {}, {}});
  BOOST_TEST(hold(check, "p1", file("a"), false) == "match");
  BOOST_TEST(hold(check, "p2", file("a", kB), true) == "differs");
  BOOST_TEST(hold(check, "p2", file("b"), false) == "match");
  // A directory p1 of the second filesystem is not the first one.
  BOOST_TEST(hold(check, "p2", file("p1/a", kB), false) == "absent");
  const auto missing = check.finish(false);
  BOOST_REQUIRE(missing.size() == 2u);
  BOOST_TEST(missing[0].starts_with("p2/gone: "));
  BOOST_TEST(missing[1].starts_with("p7/x: "));
  BOOST_TEST(counts(check) == "2 1 2 0 0 1");
}

BOOST_AUTO_TEST_CASE(of_several_files_with_a_path_the_worst_counts) {
  const auto list = list_of({"a", "b"});
  ListCheck check(list, {{"p1", "p2"}, {}, {}, {}});
  BOOST_TEST(hold(check, "p1", file("a", kB), true) == "differs");
  BOOST_TEST(hold(check, "p2", file("a"), false) == "match");
  BOOST_TEST(hold(check, "p1", file("b"), false) == "match");
  BOOST_TEST(check.finish(false).empty());
  BOOST_TEST(counts(check) == "1 1 0 0 0 0");
}

BOOST_AUTO_TEST_CASE(one_chosen_partition_says_nothing_of_the_others) {
  const auto list = list_of({"p1/a", "p2/a", "b", "c"});
  ListCheck check(list, {{"p1"}, {"p2"}, {}, {}});
  BOOST_TEST(hold(check, "p1", file("a"), false) == "match");
  BOOST_TEST(hold(check, "p1", file("b"), false) == "match");
  BOOST_TEST(check.finish(false).size() == 1u);
  BOOST_TEST(counts(check) == "2 0 1 0 1 0");
}

BOOST_AUTO_TEST_CASE(what_the_command_line_leaves_out_is_neither_there_nor_missing) {
  const auto list = list_of({"in/a", "in/b.bin", "in/gone", "out/a", "out/gone", "p1/out/x", "p1/in/x"});
  ListCheck check(list, {{"p1"}, {}, {"/in/"}, extract::PathFilter({}, {"*.bin"})});
  BOOST_TEST(hold(check, "p1", file("in/a"), false) == "match");
  BOOST_TEST(hold(check, "p1", file("in/b.bin", ""), false) == "");  // filtered, so not read
  BOOST_TEST(check.finish(false).size() == 2u);
  BOOST_TEST(counts(check) == "1 0 2 0 4 0");
  ListCheck ended(list, {{"p1"}, {}, {}, {}});
  BOOST_TEST(hold(ended, "p1", file("in/a"), false) == "match");
  BOOST_TEST(ended.finish(true).empty());
  BOOST_TEST(counts(ended) == "1 0 0 0 6 0");
}

BOOST_AUTO_TEST_CASE(a_path_among_locked_names_is_not_simply_missing) {
  const auto list = list_of({"vault/dir/a"});
  ListCheck check(list, {{""}, {}, {}, {}});
  extract::WalkItem item;
  item.name_locked = true;
  report::Entry entry = file("vault/dir/AbCd", "");
  BOOST_TEST(!check.hold("", item, entry));
  BOOST_TEST(check.finish(false).front() ==
             "vault/dir/a: listed with a digest (list line 1), but there is no such file among the names that are not "
             "locked");
}

BOOST_AUTO_TEST_CASE(a_name_is_not_found_by_how_it_is_printed) {
  verity::DigestList list;
  BOOST_REQUIRE(list.add("sha256:" + kA + " a\\nb\n", "list"));
  ListCheck check(list, {{""}, {}, {}, {}});
  BOOST_TEST(hold(check, "", file("a\nb"), false) == "absent");
  BOOST_TEST(check.finish(false).size() == 1u);
  ListCheck same(list, {{""}, {}, {}, {}});
  BOOST_TEST(hold(same, "", file("a\\nb"), false) == "match");
}

BOOST_AUTO_TEST_CASE(a_list_of_which_nothing_was_looked_at_is_a_finding) {
  const auto list = list_of({"out/a"});
  ListCheck check(list, {{"p1"}, {}, {"/in/"}, {}});
  BOOST_TEST(check.finish(false) ==
             std::vector<std::string>{"of the paths that are listed with a digest none was looked at"});
  ListCheck ended(list, {{"p1"}, {}, {"/in/"}, {}});
  BOOST_TEST(ended.finish(true).empty());
}

BOOST_AUTO_TEST_CASE(a_path_is_left_out_only_with_a_partition_that_is_there) {
  const auto list = list_of({"p7/tool", "p2/tool"});
  ListCheck check(list, {{"p1"}, {"p2"}, {}, {}});
  BOOST_TEST(check.finish(false).size() == 1u);
  BOOST_TEST(counts(check) == "0 0 1 0 1 0");
}

BOOST_AUTO_TEST_SUITE_END()
