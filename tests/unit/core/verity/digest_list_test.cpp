#include "core/verity/digest_list.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/text.hpp"
#include "tests/support/temp_dir.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::DigestList;

BOOST_AUTO_TEST_SUITE(verity_digest_list)

namespace {

const std::string kSha256(64, 'a');
const std::string kSha512(128, 'B');

std::string refusal(const std::string& text) {
  DigestList list;
  const auto added = list.add(text, "list");
  if (added) return "";
  BOOST_CHECK(added.error().kind == ErrorKind::kUsage);
  return added.error().message();
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_as_fsverity_prints_them) {
  DigestList list;
  BOOST_REQUIRE(
      list.add("sha256:" + kSha256 + " dir/a b \nsha512:" + kSha512 + " /c\n\nsha256:" + kSha256 + " ./d\xff", "list"));
  BOOST_TEST(list.entries().size() == 3u);
  const auto* first = list.find("dir/a b ");
  BOOST_REQUIRE(first != nullptr);
  BOOST_CHECK(first->algorithm == verity::HashAlgorithm::kSha256);
  BOOST_TEST(to_hex(first->digest) == kSha256);
  BOOST_TEST(first->place == "list line 1");
  BOOST_TEST(list.find("/dir/a b ") == first);
  BOOST_TEST(list.find("dir/a b") == nullptr);
  BOOST_REQUIRE(list.find("c") != nullptr);
  BOOST_TEST(list.find("c")->digest.size() == 64u);
  BOOST_REQUIRE(list.find("/d\xff") != nullptr);
  BOOST_TEST(list.find("/d\xff")->place == "list line 4");
}

BOOST_AUTO_TEST_CASE(other_lines_are_named) {
  const std::string form = ": is not of the form \"sha256:HEX PATH\"";
  BOOST_TEST(refusal("sha256:" + kSha256 + " a\nnonsense\n") == "list line 2" + form);
  for (const std::string& line : std::vector<std::string>{
           "sha1:" + kSha256 + " a", "sha256:" + kSha256, "sha256:" + kSha256 + " ", "sha256:" + kSha256 + " /",
           "sha256:" + kSha512 + " a", "sha256:" + std::string(63, 'a') + "g a", "sha256 a:b", kSha256 + " a"}) {
    BOOST_TEST(refusal(line) == "list line 1" + form);
  }
}

BOOST_AUTO_TEST_CASE(a_path_may_be_listed_twice_but_not_with_two_digests) {
  const std::string line = "sha256:" + kSha256 + " a\n";
  BOOST_TEST(refusal(line + line).empty());
  BOOST_TEST(refusal(line + "\nsha512:" + kSha512 + " /a") == "list line 3: contradicts list line 1");
}

BOOST_AUTO_TEST_CASE(a_carriage_return_is_a_line_end_where_every_line_has_one) {
  const std::string line = "sha256:" + kSha256;
  DigestList windows;
  BOOST_REQUIRE(windows.add(line + " a\r\n\r\n" + line + " b c\r\n", "list"));
  BOOST_TEST(windows.entries().size() == 2u);
  BOOST_TEST(windows.find("a") != nullptr);
  BOOST_TEST(windows.find("b c") != nullptr);
  DigestList exact;
  BOOST_REQUIRE(exact.add(line + " a\r\n" + line + " b\n", "list"));
  BOOST_TEST(exact.find("a\r") != nullptr);
  BOOST_TEST(exact.find("a") == nullptr);
}

BOOST_AUTO_TEST_CASE(lists_are_read_from_files) {
  const test::TempDir dir;
  test::write_text(dir / "list", "sha256:" + kSha256 + " a\n");
  test::write_text(dir / "more", "sha512:" + kSha512 + " b\n");
  const auto list = DigestList::load({dir / "list", dir / "more"});
  BOOST_REQUIRE(list);
  BOOST_TEST(list->entries().size() == 2u);
  BOOST_TEST(list->find("a") != nullptr);
  BOOST_TEST(DigestList().empty());
  BOOST_CHECK(DigestList::load({dir / "missing"}).error().kind == ErrorKind::kNotFound);
  BOOST_CHECK(DigestList::load({dir.path().string()}).error().kind == ErrorKind::kNotFound);
}

BOOST_AUTO_TEST_SUITE_END()
