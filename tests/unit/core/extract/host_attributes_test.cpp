#include "core/extract/host_attributes.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/support/sink_fixture.hpp"

namespace coldread::extract {
namespace {

using namespace test_sink;  // NOLINT(google-build-using-namespace): the fixture of these tests

}  // namespace

BOOST_AUTO_TEST_SUITE(host_attributes_of_output)

BOOST_AUTO_TEST_CASE(keeps_times_before_1970_and_after_2038) {
  Fixture f;
  SinkEntry entry = make_entry("f", FileType::kFile, 0644);
  entry.facts.atime = {-86400, 999999999};
  entry.facts.mtime = {4102444800, 5};
  f.make_file(entry, "");
  BOOST_TEST(f.status("f").st_atim.tv_sec == -86400);
  BOOST_TEST(f.status("f").st_atim.tv_nsec == 999999999);
  BOOST_TEST(f.status("f").st_mtim.tv_sec == 4102444800);
  BOOST_TEST(f.finish().empty());
}

// 0x3fffffff nanoseconds fit ext4's field and mean "now" to utimensat(2).
BOOST_AUTO_TEST_CASE(never_takes_a_damaged_time_for_now) {
  Fixture f;
  SinkEntry entry = make_entry("f", FileType::kFile, 0644);
  entry.facts.atime = {1000, 0x3ffffffe};
  entry.facts.mtime = {2000, 0x3fffffff};
  f.make_file(entry, "");
  BOOST_TEST(f.status("f").st_atim.tv_sec == 1000);
  BOOST_TEST(f.status("f").st_mtim.tv_sec == 2000);
  BOOST_TEST(f.status("f").st_mtim.tv_nsec == 999999999);
}

BOOST_AUTO_TEST_CASE(says_which_times_the_host_cannot_have) {
  Fixture f;
  for (const char* name : {"b", "a", "c"}) {
    SinkEntry entry = make_entry(name, FileType::kFile, 0644);
    entry.facts.mtime = {std::int64_t{1} << 62, 0};
    f.make_file(entry, "");
  }
  const std::vector<std::string> losses = f.finish();
  if (f.status("a").st_mtim.tv_sec == std::int64_t{1} << 62) return;  // this host can
  BOOST_REQUIRE(losses.size() == 1);
  BOOST_TEST(losses.front() == "3 entries: the times could not be kept exactly, such as a");
}

BOOST_AUTO_TEST_CASE(keeps_user_xattrs_only) {
  Fixture f;
  SinkEntry entry = make_entry("f", FileType::kFile, 0444);
  entry.xattrs = {{"security.selinux", Bytes(3)}, {"trusted.x", Bytes(1)}, {"user.x", Bytes(2, std::byte{7})}};
  f.make_file(entry, "");
  SinkEntry directory = make_entry("d", FileType::kDir, 0555);
  directory.xattrs = entry.xattrs;
  BOOST_REQUIRE(f.sink->directory(directory));
  const std::vector<std::string> losses = f.finish();
  if (!losses.empty()) {
    BOOST_TEST(losses.front() == "2 entries: a user xattr could not be kept (Operation not supported), such as d");
    return;
  }
  for (const char* name : {"f", "d"}) {
    std::string value(10, '\0');
    BOOST_TEST(::getxattr(f.at(name).c_str(), "user.x", value.data(), value.size()) == 2);
    BOOST_TEST(value.substr(0, 2) == "\a\a");
    BOOST_TEST(::getxattr(f.at(name).c_str(), "trusted.x", nullptr, 0) == -1);
  }
}

BOOST_AUTO_TEST_CASE(says_which_xattrs_the_host_cannot_have) {
  Fixture f;
  SinkEntry entry = make_entry("f", FileType::kFile, 0644);
  entry.xattrs = {{"user." + std::string(300, 'n'), Bytes(1)}, {"user.large", Bytes(1 << 20)}, {"user.", Bytes(1)}};
  f.make_file(entry, "x");
  BOOST_TEST(!f.finish().empty());
  BOOST_TEST(test::read_text(f.at("f")) == "x");
}

BOOST_AUTO_TEST_CASE(strips_set_id_bits) {
  Fixture f;
  f.make_dir("d", 07777);
  f.make_file("f", "x", 07755);
  f.finish();
  BOOST_TEST((f.status("d").st_mode & 07777) == 0777U);
  BOOST_TEST((f.status("f").st_mode & 07777) == 0755U);
}

BOOST_AUTO_TEST_CASE(preserves_what_it_is_asked_to) {
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: only root may give files away");
    return;
  }
  Fixture f(SinkOptions{true, true, true});
  f.make_dir("d", 03770);
  f.make_file("f", "x", 06755);
  f.make_symlink("l", "f");
  SinkEntry node = make_entry("n", FileType::kChr, 04640);
  node.facts.rdev_major = 1;
  node.facts.rdev_minor = 3;
  const auto made = f.sink->special(node);
  BOOST_REQUIRE(made);
  f.finish();
  for (const char* name : {"d", "f", "l"}) {
    BOOST_TEST(f.status(name).st_uid == 12345U, name);
    BOOST_TEST(f.status(name).st_gid == 54321U, name);
  }
  BOOST_TEST((f.status("d").st_mode & 07777) == 03770U);
  BOOST_TEST((f.status("f").st_mode & 07777) == 06755U);
  if (made->skipped) return;  // a container without CAP_MKNOD
  const struct stat st = f.status("n");
  BOOST_TEST(S_ISCHR(st.st_mode));
  BOOST_TEST((st.st_mode & 07777) == 04640U);
  BOOST_TEST(st.st_uid == 12345U);
  BOOST_TEST(major(st.st_rdev) == 1U);
  BOOST_TEST(minor(st.st_rdev) == 3U);
  BOOST_TEST(st.st_mtim.tv_sec == 2000);
}

BOOST_AUTO_TEST_CASE(makes_special_files_only_when_asked) {
  Fixture without;
  Fixture with(SinkOptions{false, false, true});
  for (const auto& [name, type] : std::vector<std::pair<std::string, FileType>>{
           {"p", FileType::kFifo}, {"s", FileType::kSock}, {"u", FileType::kUnknown}}) {
    const SinkEntry entry = make_entry(name, type, 0640);
    const auto skipped = without.sink->special(entry);
    BOOST_REQUIRE(skipped);
    BOOST_TEST(skipped->skipped);
    BOOST_TEST(skipped->problems.empty());
    BOOST_REQUIRE(with.sink->special(entry));
  }
  BOOST_TEST(names_in(without.at("")) == 0);
  BOOST_TEST(S_ISFIFO(with.status("p").st_mode));
  BOOST_TEST(S_ISSOCK(with.status("s").st_mode));
  BOOST_TEST((with.status("p").st_mode & 07777) == 0640U);
  BOOST_TEST(names_in(with.at("")) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
