#include "core/extract/directory_sink.hpp"

#include <sys/mount.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <optional>

#include "tests/support/sink_fixture.hpp"

namespace coldread::extract {
namespace {

using namespace test_sink;  // NOLINT(google-build-using-namespace): the fixture of these tests

}  // namespace

BOOST_AUTO_TEST_SUITE(directory_sink_refusals)

BOOST_AUTO_TEST_CASE(skips_a_file_too_large_for_the_host) {
  Fixture f;
  for (const std::uint64_t size : {~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    Placed placed;
    const SinkEntry entry = make_entry("huge", FileType::kFile, 0644, size);
    auto file = f.sink->file(entry, placed);
    BOOST_REQUIRE(file);
    BOOST_TEST(placed.skipped);
    BOOST_TEST(placed.problems.size() == 1);
    BOOST_REQUIRE((*file)->write(0, as_bytes("x")));
    BOOST_REQUIRE((*file)->commit(entry));
  }
  BOOST_TEST(names_in(f.at("")) == 0);
}

BOOST_AUTO_TEST_CASE(refuses_names_that_lead_out) {
  Fixture f;
  test::write_text(f.dir / "beside", "untouched");
  using namespace std::string_literals;
  const std::string absolute = f.dir / "absolute";
  for (const auto& path :
       {"../x"s, ".."s, "."s, "d/../../x"s, "/x"s, absolute, "d//x"s, "a\0b"s, "../beside"s, "d/"s}) {
    Placed placed;
    auto file = f.sink->file(make_entry(path, FileType::kFile, 0644, 1), placed);
    BOOST_REQUIRE(file);
    BOOST_REQUIRE((*file)->write(0, as_bytes("x")));
    BOOST_REQUIRE((*file)->commit(make_entry(path, FileType::kFile, 0644, 1)));
    BOOST_TEST(placed.skipped);
    BOOST_TEST(placed.problems.front() == "not written: its name is one that no directory may hold");
    BOOST_TEST(f.make_dir(path).skipped);
    BOOST_TEST(f.make_symlink(path, "t").skipped);
    BOOST_TEST(f.sink->hard_link(make_entry(path, FileType::kFile, 0644), "x")->skipped);
  }
  f.finish();
  BOOST_TEST(names_in(f.at("")) == 0);
  BOOST_TEST(names_in(f.dir.path()) == 2);
  BOOST_TEST(test::read_text(f.dir / "beside") == "untouched");
}

BOOST_AUTO_TEST_CASE(never_writes_through_a_symlink) {
  Fixture f;
  fs::create_directory(f.dir / "outside");
  f.make_dir("d");
  f.make_symlink("s", "../outside");

  // A further entry of the symlink's name is a directory: its files must not land where the symlink leads.
  const Placed second = f.make_dir("s");
  BOOST_TEST(second.written_as.value() == "s~2");
  BOOST_TEST(f.make_file("s/f", "x").written_as.value() == "s~2/f");

  // Somebody puts a symlink in the way.
  fs::create_directory_symlink("../outside", f.at("swapped"));
  BOOST_TEST(f.make_dir("swapped").written_as.value() == "swapped~2");
  BOOST_TEST(f.make_file("swapped/f", "x").written_as.value() == "swapped~2/f");
  fs::create_symlink("../outside/new", f.at("file"));
  BOOST_TEST(f.make_file("file", "x").written_as.value() == "file~2");

  f.finish();
  BOOST_TEST(names_in(f.dir / "outside") == 0);
  BOOST_TEST(fs::read_symlink(f.at("s")) == "../outside");
  BOOST_TEST(test::read_text(f.at("s~2/f")) == "x");
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_swapped_for_a_symlink_ends_the_run) {
  Fixture f;
  fs::create_directory(f.dir / "outside");
  fs::permissions(f.dir / "outside", fs::perms(0711));
  f.make_dir("d", 0755);
  for (int i = 0; i < 70; ++i) f.make_dir("e" + std::to_string(i));  // so that d is no longer held open
  fs::remove(f.at("d"));
  fs::create_directory_symlink("../outside", f.at("d"));
  const auto done = f.sink->finish();
  BOOST_REQUIRE(!done);
  BOOST_TEST((done.error().kind == ErrorKind::kOutput));
  BOOST_TEST((fs::status(f.dir / "outside").permissions() == fs::perms(0711)));
}

BOOST_AUTO_TEST_CASE(skips_symlinks_that_cannot_be) {
  Fixture f;
  BOOST_TEST(f.make_symlink("empty", "").skipped);
  BOOST_TEST(f.make_symlink("long", std::string(4096, 'x')).skipped);
  BOOST_TEST(f.make_symlink("nul", std::string("a\0b", 3)).skipped);
  BOOST_TEST(!f.make_symlink("longest", std::string(4095, 'x')).skipped);
  BOOST_TEST(f.finish().empty());
  BOOST_TEST(names_in(f.at("")) == 1);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error) {
  const test::TempDir dir;
  const std::string mount_point = dir / "small";
  fs::create_directory(mount_point);
  if (::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=64k,nr_inodes=16") != 0) {
    BOOST_TEST_MESSAGE("skipped: a small tmpfs cannot be mounted here");
    return;
  }
  {
    auto sink = DirectorySink::open(mount_point + "/out", {});
    BOOST_REQUIRE(sink);
    Placed placed;
    const SinkEntry entry = make_entry("big", FileType::kFile, 0644, 1 << 20);
    auto file = (*sink)->file(entry, placed);
    BOOST_REQUIRE(file);
    const auto done = (*file)->write(0, Bytes(1 << 20));
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().kind == ErrorKind::kOutput));
    BOOST_TEST(done.error().message() == mount_point + "/out/big: cannot be written: No space left on device");
    file->reset();
    BOOST_TEST(names_in(mount_point + "/out") == 0);

    std::optional<Error> error;
    for (int i = 0; i < 20 && !error; ++i) {
      const auto made = (*sink)->directory(make_entry("d" + std::to_string(i), FileType::kDir, 0755));
      if (!made) error = made.error();
    }
    BOOST_REQUIRE(error);
    BOOST_TEST(error->what == "cannot be made: No space left on device");
  }
  BOOST_TEST(::umount(mount_point.c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(a_read_only_disk_is_an_error) {
  const test::TempDir dir;
  const std::string mount_point = dir / "ro";
  fs::create_directory(mount_point);
  if (::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=64k") != 0) {
    BOOST_TEST_MESSAGE("skipped: a tmpfs cannot be mounted here");
    return;
  }
  {
    auto sink = DirectorySink::open(mount_point + "/out", {});
    BOOST_REQUIRE(sink);
    BOOST_TEST(::mount("", mount_point.c_str(), "", MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    Placed placed;
    const auto file = (*sink)->file(make_entry("f", FileType::kFile, 0644), placed);
    BOOST_REQUIRE(!file);
    BOOST_TEST(file.error().what == "cannot be made: Read-only file system");
  }
  BOOST_TEST(::umount(mount_point.c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_outgrows_the_limit_is_an_error) {
  Fixture f;
  struct rlimit before {};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  Placed placed;
  auto file = f.sink->file(make_entry("f", FileType::kFile, 0644, 8192), placed);
  Placed other;
  auto fitting = f.sink->file(make_entry("g", FileType::kFile, 0644, 4096), other);
  const bool wrote = fitting && (*fitting)->write(8192, as_bytes("x"));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  BOOST_REQUIRE(file);
  BOOST_TEST(placed.skipped);
  BOOST_TEST(!other.skipped);
  BOOST_TEST(!wrote);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
