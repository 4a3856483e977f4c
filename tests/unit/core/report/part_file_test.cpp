#include "core/report/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "tests/support/temp_dir.hpp"

namespace coldread::report {
namespace {

namespace fs = std::filesystem;

std::size_t names_in(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(part_file)

BOOST_AUTO_TEST_CASE(appears_whole_at_commit) {
  const test::TempDir dir;
  const std::string path = dir / "report.json";
  test::write_text(path, "old");
  auto file = PartFile::create(path);
  BOOST_REQUIRE(file);
  (*file)->write("new ");
  (*file)->write(std::string(1 << 20, 'x'));
  BOOST_TEST(test::read_text(path) == "old");
  BOOST_REQUIRE((*file)->commit());
  BOOST_TEST(test::read_text(path) == "new " + std::string(1 << 20, 'x'));
  BOOST_TEST(names_in(dir.path()) == 1);
}

BOOST_AUTO_TEST_CASE(takes_bytes_out_of_order) {
  const test::TempDir dir;
  const std::string path = dir / "tree";
  auto file = PartFile::create(path);
  BOOST_REQUIRE(file);
  (*file)->write_at(5, as_bytes("world"));
  (*file)->write_at(0, as_bytes("hello"));
  BOOST_TEST(!fs::exists(path));
  BOOST_REQUIRE((*file)->commit());
  BOOST_TEST(test::read_text(path) == "helloworld");
}

BOOST_AUTO_TEST_CASE(zeros_of_a_large_file_take_no_room) {
  const test::TempDir dir;
  for (const std::string end : {"", "end"}) {
    auto file = PartFile::create(dir / "sparse");
    BOOST_REQUIRE(file);
    (*file)->write("begin");
    (*file)->write(std::string((1 << 20) - 5, 'x'));
    (*file)->write(std::string(8 << 20, '\0'));
    (*file)->write(end);
    BOOST_REQUIRE((*file)->commit());
    BOOST_TEST((test::read_text(dir / "sparse") ==
                "begin" + std::string((1 << 20) - 5, 'x') + std::string(8 << 20, '\0') + end));
    struct stat st {};
    BOOST_REQUIRE(::stat((dir / "sparse").c_str(), &st) == 0);
    BOOST_TEST(st.st_blocks * 512 < 2 << 20);
  }
}

BOOST_AUTO_TEST_CASE(a_name_may_be_as_long_as_any) {
  const test::TempDir dir;
  const std::string path = dir / std::string(255, 'n');
  auto file = PartFile::create(path);
  BOOST_REQUIRE(file);
  (*file)->write("text");
  BOOST_REQUIRE((*file)->commit());
  BOOST_TEST(test::read_text(path) == "text");
}

BOOST_AUTO_TEST_CASE(has_the_permissions_of_any_new_file) {
  const test::TempDir dir;
  const mode_t mask = ::umask(027);
  auto file = PartFile::create(dir / "r");
  ::umask(mask);
  BOOST_REQUIRE(file);
  BOOST_REQUIRE((*file)->commit());
  BOOST_TEST((fs::status(dir / "r").permissions() == fs::perms(0640)));
}

BOOST_AUTO_TEST_CASE(leaves_nothing_without_commit) {
  const test::TempDir dir;
  {
    auto file = PartFile::create(dir / "r");
    BOOST_REQUIRE(file);
    (*file)->write("text");
  }
  BOOST_TEST(names_in(dir.path()) == 0);
}

BOOST_AUTO_TEST_CASE(says_why_it_cannot_be_made) {
  const test::TempDir dir;
  const auto none = PartFile::create(dir / "none/r");
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().kind == ErrorKind::kOutput));
  BOOST_TEST(none.error().message() == dir / "none/r" + ": cannot be made: No such file or directory");
  const auto directory = PartFile::create(dir.path());
  BOOST_REQUIRE(!directory);
  BOOST_TEST(directory.error().what == "is a directory; give a file's name");
}

BOOST_AUTO_TEST_CASE(keeps_the_first_failure_and_leaves_nothing) {
  const test::TempDir dir;
  auto file = PartFile::create(dir / "r");
  BOOST_REQUIRE(file);
  fs::create_directory(dir / "r");  // so that the rename fails
  (*file)->write("text");
  const auto done = (*file)->commit();
  BOOST_REQUIRE(!done);
  BOOST_TEST(done.error().what == "cannot be written: Is a directory");
  file->reset();
  BOOST_TEST(names_in(dir.path()) == 1);
}

BOOST_AUTO_TEST_CASE(replaces_what_a_symlink_leads_to) {
  const test::TempDir dir;
  test::write_text(dir / "real", "old");
  fs::create_symlink("real", dir / "link");
  auto file = PartFile::create(dir / "link");
  BOOST_REQUIRE(file);
  (*file)->write("new");
  BOOST_REQUIRE((*file)->commit());
  BOOST_TEST(fs::is_symlink(dir / "link"));
  BOOST_TEST(test::read_text(dir / "real") == "new");
}

BOOST_AUTO_TEST_CASE(writes_through_what_is_no_regular_file) {
  const test::TempDir dir;
  const std::string fifo = dir / "fifo";
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] { got = test::read_text(fifo); });
  auto file = PartFile::create(fifo);
  BOOST_REQUIRE(file);
  const std::string text(600000, 'y');
  (*file)->write(text);
  const auto done = (*file)->commit();
  reader.join();
  BOOST_REQUIRE(done);
  BOOST_TEST((got == text));
  BOOST_TEST(fs::is_fifo(fifo));
}

BOOST_AUTO_TEST_CASE(tells_a_full_device) {
  if (!fs::exists("/dev/full")) {
    BOOST_TEST_MESSAGE("skipped: there is no /dev/full");
    return;
  }
  auto file = PartFile::create("/dev/full");
  BOOST_REQUIRE(file);
  (*file)->write("text");
  const auto done = (*file)->commit();
  BOOST_REQUIRE(!done);
  BOOST_TEST(done.error().message() == "/dev/full: cannot be written: No space left on device");
}

BOOST_AUTO_TEST_CASE(gives_standard_output_all_or_nothing) {
  const test::TempDir dir;
  const int saved = ::dup(STDOUT_FILENO);
  const int sink = ::open((dir / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  BOOST_REQUIRE(saved >= 0);
  BOOST_REQUIRE(sink >= 0);
  auto file = PartFile::create("-");
  BOOST_REQUIRE(file);
  (*file)->write("text");
  const std::string before = test::read_text(dir / "out");
  ::dup2(sink, STDOUT_FILENO);
  const auto done = (*file)->commit();
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(sink);
  BOOST_TEST(before.empty());
  BOOST_REQUIRE(done);
  BOOST_TEST(test::read_text(dir / "out") == "text");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
