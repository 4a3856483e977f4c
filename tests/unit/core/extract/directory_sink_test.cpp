#include "core/extract/directory_sink.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "tests/support/sink_fixture.hpp"

namespace coldread::extract {
namespace {

using namespace test_sink;  // NOLINT(google-build-using-namespace): the fixture of these tests

std::string message_of(const std::string& directory) {
  const auto sink = DirectorySink::open(directory, {});
  if (sink) return "";
  BOOST_TEST((sink.error().kind == ErrorKind::kOutput));
  return sink.error().what;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(directory_sink)

BOOST_AUTO_TEST_CASE(takes_a_new_or_empty_directory) {
  const test::TempDir dir;
  BOOST_TEST(message_of(dir / "new") == "");
  BOOST_TEST(message_of(dir / "new") == "");
  test::write_text(dir / "new/.hidden", "");
  BOOST_TEST(message_of(dir / "new") == "is not empty; give a new or an empty directory for the output");
  BOOST_TEST(message_of(dir / "new/.hidden") == "is not a directory; give a new or an empty directory for the output");
  BOOST_TEST(message_of(dir / "a/b") == "the output directory cannot be made: No such file or directory");
  fs::create_directory(dir / "real");
  fs::create_directory_symlink("real", dir / "link");
  BOOST_TEST(message_of(dir / "link") == "");
}

BOOST_AUTO_TEST_CASE(writes_a_tree) {
  Fixture f;
  f.make_dir("", 0750);
  f.make_dir("d", 0705);
  BOOST_TEST(!f.make_file("d/f", "content", 0604).written_as);
  f.make_symlink("d/l", "f");
  BOOST_TEST(!fs::exists(fs::symlink_status(f.at("d/l"))));
  BOOST_TEST((f.status("d").st_mode & 07777) == 0700U);
  BOOST_TEST(f.finish().empty());

  BOOST_TEST((f.status("d/f").st_mode & 07777) == 0604U);
  BOOST_TEST((f.status("d").st_mode & 07777) == 0705U);
  BOOST_TEST((f.status("").st_mode & 07777) == 0750U);
  BOOST_TEST(fs::read_symlink(f.at("d/l")) == "f");
  for (const char* name : {"", "d", "d/f", "d/l"}) {
    const struct stat st = f.status(name);
    BOOST_TEST(st.st_mtim.tv_sec == 2000, name);
    BOOST_TEST(st.st_mtim.tv_nsec == 2, name);
    BOOST_TEST(st.st_uid == ::geteuid(), name);
  }
  BOOST_TEST(f.status("d/f").st_atim.tv_sec == 1000);
  BOOST_TEST(f.status("d/f").st_atim.tv_nsec == 1);
  BOOST_TEST(test::read_text(f.at("d/f")) == "content");
}

BOOST_AUTO_TEST_CASE(writes_into_directories_that_will_be_closed) {
  Fixture f;
  f.make_dir("", 0);
  f.make_dir("d", 0);
  f.make_dir("d/e", 0);
  f.make_file("d/e/f", "x", 0);
  BOOST_TEST(f.finish().empty());
  BOOST_TEST((f.status("").st_mode & 07777) == 0U);
  ::chmod((f.dir / "out").c_str(), 0700);
  BOOST_TEST((f.status("d").st_mode & 07777) == 0U);
  ::chmod(f.at("d").c_str(), 0700);
  BOOST_TEST((f.status("d/e").st_mode & 07777) == 0U);
  ::chmod(f.at("d/e").c_str(), 0700);
  BOOST_TEST((f.status("d/e/f").st_mode & 07777) == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_has_no_name_and_no_permissions_before_commit) {
  Fixture f;
  const SinkEntry entry = make_entry("f", FileType::kFile, 0666, 1);
  {
    Placed placed;
    auto file = f.sink->file(entry, placed);
    BOOST_REQUIRE(file);
    BOOST_REQUIRE((*file)->write(0, as_bytes("x")));
    BOOST_TEST(!fs::exists(f.at("f")));
    const fs::directory_entry part = *fs::directory_iterator(f.at(""));
    BOOST_TEST(part.path().filename().string().starts_with(".coldread-"));
    BOOST_TEST((part.status().permissions() == fs::perms(0600)));
  }
  BOOST_TEST(names_in(f.at("")) == 0);
}

BOOST_AUTO_TEST_CASE(takes_pieces_in_any_order_and_leaves_holes) {
  Fixture f;
  constexpr std::uint64_t kSize = 64 << 20;
  const SinkEntry entry = make_entry("f", FileType::kFile, 0644, kSize);
  Placed placed;
  auto file = f.sink->file(entry, placed);
  BOOST_REQUIRE(file);
  const std::string piece(1 << 16, 'p');
  bool wrote = false;
  std::thread other([&] { wrote = (*file)->write(kSize - piece.size(), as_bytes(piece)).has_value(); });
  BOOST_REQUIRE((*file)->write(1 << 20, as_bytes(piece)));
  other.join();
  BOOST_REQUIRE(wrote);
  BOOST_REQUIRE((*file)->commit(entry));
  const struct stat st = f.status("f");
  BOOST_TEST(static_cast<std::uint64_t>(st.st_size) == kSize);
  BOOST_TEST(st.st_blocks * 512 < (1 << 20));
  std::string expected(kSize, '\0');
  expected.replace(1 << 20, piece.size(), piece);
  expected.replace(kSize - piece.size(), piece.size(), piece);
  BOOST_TEST((test::read_text(f.at("f")) == expected));
}

BOOST_AUTO_TEST_CASE(makes_hard_links) {
  Fixture f;
  f.make_dir("d");
  f.make_file("f", "content");
  BOOST_TEST(!f.sink->hard_link(make_entry("d/g", FileType::kFile, 0644), "f")->written_as);
  BOOST_TEST(f.status("f").st_ino == f.status("d/g").st_ino);
  const auto broken = f.sink->hard_link(make_entry("d/h", FileType::kFile, 0644), "none");
  BOOST_REQUIRE(broken);
  BOOST_TEST(broken->skipped);
  BOOST_TEST(broken->problems.size() == 1);
  const auto outside = f.sink->hard_link(make_entry("d/i", FileType::kFile, 0644), "../beside");
  BOOST_REQUIRE(outside);
  BOOST_TEST(outside->skipped);
}

BOOST_AUTO_TEST_CASE(goes_deeper_than_path_max) {
  Fixture f;
  std::string path(250, 'd');
  f.make_dir(path);
  for (int depth = 1; depth < 40; ++depth) {
    path += "/" + std::string(250, 'd');
    f.make_dir(path);
  }
  BOOST_TEST(!f.make_file(path + "/f", "x").written_as);
  f.make_symlink(path + "/l", "f");
  BOOST_TEST(f.finish().empty());
}

BOOST_AUTO_TEST_CASE(has_subdirectories_for_filesystems) {
  Fixture f;
  auto part = f.sink->subdirectory("p1");
  BOOST_REQUIRE(part);
  BOOST_REQUIRE((*part)->directory(make_entry("", FileType::kDir, 0711)));
  Placed placed;
  auto file = (*part)->file(make_entry("f", FileType::kFile, 0644), placed);
  BOOST_REQUIRE(file);
  BOOST_REQUIRE((*file)->commit(make_entry("f", FileType::kFile, 0644)));
  file->reset();
  BOOST_REQUIRE((*part)->finish());
  BOOST_TEST((f.status("p1").st_mode & 07777) == 0711U);
  BOOST_TEST(fs::exists(f.at("p1/f")));
  BOOST_TEST(!f.sink->subdirectory("p1"));
  BOOST_TEST(!f.sink->subdirectory("../p2"));
}

BOOST_AUTO_TEST_CASE(files_may_come_from_several_threads) {
  Fixture f;
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> failed{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&f, &failed, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string content = std::to_string(t) + "." + std::to_string(i);
        const SinkEntry entry =
            make_entry("x/y" + std::to_string(i) + "/f" + std::to_string(t), FileType::kFile, 0644, content.size());
        Placed placed;
        auto file = f.sink->file(entry, placed);
        const bool good = file && (*file)->write(0, as_bytes(content)) && (*file)->commit(entry) && !placed.written_as;
        if (!good) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(failed == 0);
  BOOST_TEST(names_in(f.at("x")) == 50);
  BOOST_TEST(test::read_text(f.at("x/y49/f3")) == "3.49");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
