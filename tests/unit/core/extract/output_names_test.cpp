#include "core/extract/output_names.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/support/sink_fixture.hpp"

namespace coldread::extract {
namespace {

using namespace test_sink;  // NOLINT(google-build-using-namespace): the fixture of these tests

}  // namespace

BOOST_AUTO_TEST_SUITE(output_names)

BOOST_AUTO_TEST_CASE(gives_a_second_entry_of_the_same_name_another_one) {
  Fixture f;
  BOOST_TEST(!f.make_file("a", "1").written_as);
  BOOST_TEST(f.make_file("a", "2").written_as.value() == "a~2");
  BOOST_TEST(f.make_file("a", "3").written_as.value() == "a~3");
  BOOST_TEST(f.make_file("a~2", "4").written_as.value() == "a~2~2");
  BOOST_TEST(f.make_dir("a").written_as.value() == "a~4");
  BOOST_TEST(f.make_dir("a/b").written_as.value() == "a~4/b");
  BOOST_TEST(f.make_file("a/b/c", "5").written_as.value() == "a~4/b/c");
  BOOST_TEST(f.make_symlink("a", "t").written_as.value() == "a~5");
  BOOST_TEST(f.sink->hard_link(make_entry("a", FileType::kFile, 0644), "a~2")->written_as.value() == "a~6");
  f.finish();
  BOOST_TEST(test::read_text(f.at("a")) == "1");
  BOOST_TEST(test::read_text(f.at("a~2")) == "2");
  BOOST_TEST(test::read_text(f.at("a~4/b/c")) == "5");
  BOOST_TEST(test::read_text(f.at("a~6")) == "2");
}

BOOST_AUTO_TEST_CASE(names_do_not_depend_on_when_files_are_committed) {
  Fixture f;
  const SinkEntry entry = make_entry("a", FileType::kFile, 0644, 1);
  Placed first;
  Placed second;
  Placed third;
  auto one = f.sink->file(entry, first);
  auto two = f.sink->file(entry, second);
  one->reset();
  auto three = f.sink->file(entry, third);
  BOOST_TEST(!first.written_as);
  BOOST_TEST(second.written_as.value() == "a~2");
  BOOST_TEST(third.written_as.value() == "a~3");
}

BOOST_AUTO_TEST_CASE(names_may_be_chosen_before_files_are_made) {
  Fixture f;
  std::vector<SinkEntry> entries;
  for (const char* path : {"a", "a", "d/a", "../a", "a"}) {
    entries.push_back(make_entry(path, FileType::kFile, 0644, 1));
    BOOST_REQUIRE(f.sink->name(entries.back()));
  }
  BOOST_TEST(entries[0].place.value() == "a");
  BOOST_TEST(entries[1].place.value() == "a~2");
  BOOST_TEST(entries[2].place.value() == "d/a");
  BOOST_TEST(!entries[3].place);
  BOOST_TEST(f.make_file(entries[1], "2").written_as.value() == "a~2");
  BOOST_TEST(!f.make_file(entries[0], "1").written_as);
  BOOST_TEST(!f.make_file(entries[2], "3").written_as);
  BOOST_TEST(f.make_file(entries[3], "x").skipped);
  BOOST_TEST(f.sink->hard_link(entries[4], "a~2")->written_as.value() == "a~3");
  BOOST_TEST(test::read_text(f.at("a")) == "1");
  BOOST_TEST(test::read_text(f.at("a~3")) == "2");
}

BOOST_AUTO_TEST_CASE(shortens_names_that_are_too_long) {
  Fixture f;
  const std::string longest(255, 'n');
  BOOST_TEST(!f.make_file(longest, "1").written_as);
  const std::string again = f.make_file(longest, "2").written_as.value();
  BOOST_TEST(again.size() == 255);
  BOOST_TEST(again.ends_with("~2"));
  const std::string first = f.make_file(std::string(256, 'x'), "3").written_as.value();
  const std::string second = f.make_file(std::string(257, 'x'), "4").written_as.value();
  BOOST_TEST(first.size() == 255);
  BOOST_TEST(first != second);
  // printf 'x%.0s' {1..256} | sha256sum
  BOOST_TEST(first == std::string(238, 'x') + "~85e62acd750c4eb5");
  BOOST_TEST(test::read_text(f.at(second)) == "4");

  std::string accents;
  while (accents.size() < 300) accents += "\xe2\x82\xac";
  const std::string euros = f.make_dir(accents).written_as.value();
  BOOST_TEST(euros.size() == 237 + 17);
  BOOST_TEST(f.make_file(accents + "/f", "5").written_as.value() == euros + "/f");
}

BOOST_AUTO_TEST_CASE(takes_any_bytes_in_names) {
  Fixture f;
  for (const char* name : {"\xff\xfe", "new\nline", "-rf", " ", "...", "~", ".coldread-0.part"}) {
    BOOST_TEST(!f.make_file(name, "x").written_as);
    BOOST_TEST(test::read_text(f.at(name)) == "x");
  }
}

BOOST_AUTO_TEST_CASE(makes_directories_that_were_not_given) {
  Fixture f;
  BOOST_TEST(!f.make_file("a/b/f", "x").written_as);
  BOOST_TEST((f.status("a/b").st_mode & 07777) == 0700U);
  BOOST_TEST(!f.make_dir("a/b", 0751).written_as);
  f.finish();
  BOOST_TEST((f.status("a/b").st_mode & 07777) == 0751U);
  BOOST_TEST(test::read_text(f.at("a/b/f")) == "x");
}

BOOST_AUTO_TEST_CASE(makes_directories_that_were_not_given_beside_files_of_their_name) {
  Fixture f;
  f.make_file("a", "1");
  BOOST_TEST(f.make_file("a/f", "2").written_as.value() == "a~2/f");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
