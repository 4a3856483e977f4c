#include "core/extract/jail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <ostream>

#include "tests/support/temp_dir.hpp"

namespace coldread::extract {

static std::ostream& operator<<(std::ostream& out, Jail::Resolver resolver) {
  return out << (resolver == Jail::Resolver::kWalk ? "walk" : "openat2");
}

namespace {

namespace fs = std::filesystem;
namespace data = boost::unit_test::data;

const auto kResolvers = data::make({Jail::Resolver::kOpenat2, Jail::Resolver::kWalk});

/// A jail in `jail` beside a directory `outside` with a file `secret`.
struct Fixture {
  explicit Fixture(Jail::Resolver resolver) {
    fs::create_directory(dir / "jail");
    fs::create_directory(dir / "outside");
    test::write_text(dir / "outside/secret", "secret");
    jail = std::move(Jail::open(dir / "jail", resolver)).value();
  }

  [[nodiscard]] fs::path inside(const std::string& name) const { return dir / ("jail/" + name); }

  test::TempDir dir;
  std::unique_ptr<Jail> jail;
};

template <class T>
int code_of(const SysResult<T>& result) {
  return result ? 0 : result.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jail)

BOOST_AUTO_TEST_CASE(knows_relative_paths) {
  for (const char* path : {"a", "a/b", "...", "..a", "a/.b", " ", "\xff", "a\\..\\b"}) {
    BOOST_TEST(is_relative_path(path), path);
  }
  using namespace std::string_view_literals;
  for (const auto path : {""sv, "/"sv, "."sv, ".."sv, "/a"sv, "a/"sv, "a//b"sv, "../a"sv, "a/.."sv, "a/../b"sv,
                          "a/./b"sv, "a\0b"sv, "a/\0"sv}) {
    BOOST_TEST(!is_relative_path(path), path);
  }
}

BOOST_AUTO_TEST_CASE(splits_paths) {
  BOOST_TEST(split_path("a/b/c").first == "a/b");
  BOOST_TEST(split_path("a/b/c").second == "c");
  BOOST_TEST(split_path("a").first == "");
  BOOST_TEST(split_path("a").second == "a");
}

BOOST_AUTO_TEST_CASE(is_a_directory) {
  const test::TempDir dir;
  test::write_text(dir / "file", "");
  BOOST_TEST(code_of(Jail::open(dir / "none")) == ENOENT);
  BOOST_TEST(code_of(Jail::open(dir / "file")) == ENOTDIR);
}

BOOST_DATA_TEST_CASE(makes_things, kResolvers, resolver) {
  Fixture f(resolver);
  BOOST_REQUIRE(f.jail->make_directory("d"));
  BOOST_REQUIRE(f.jail->make_directory("d/e"));
  BOOST_TEST((fs::status(f.inside("d/e")).permissions() == fs::perms(0700)));
  {
    const auto file = f.jail->create_file("d/e/part");
    BOOST_REQUIRE(file);
    BOOST_TEST(::write(file->get(), "abc", 3) == 3);
  }
  BOOST_TEST((fs::status(f.inside("d/e/part")).permissions() == fs::perms(0600)));
  BOOST_REQUIRE(f.jail->rename("d/e/part", "d/name"));
  BOOST_TEST(test::read_text(f.inside("d/name")) == "abc");
  BOOST_REQUIRE(f.jail->link("d/name", "d/e/second"));
  BOOST_TEST(fs::hard_link_count(f.inside("d/name")) == 2);
  BOOST_REQUIRE(f.jail->symlink("../../nowhere", "d/link"));
  BOOST_TEST(fs::read_symlink(f.inside("d/link")) == "../../nowhere");
  BOOST_REQUIRE(f.jail->make_node("d/fifo", S_IFIFO, 0));
  BOOST_TEST(fs::is_fifo(f.inside("d/fifo")));
  BOOST_REQUIRE(f.jail->set_mode("d/fifo", 0640));
  BOOST_TEST((fs::status(f.inside("d/fifo")).permissions() == fs::perms(0640)));
  BOOST_REQUIRE(f.jail->set_times("d/link", {-5, 6}, {7, 8}));
  BOOST_TEST(f.jail->status("d/link")->st_atim.tv_sec == -5);
  BOOST_TEST(f.jail->status("d/link")->st_mtim.tv_nsec == 8);
  BOOST_TEST(f.jail->exists("d/link").value());
  BOOST_REQUIRE(f.jail->unlink("d/link"));
  BOOST_TEST(!f.jail->exists("d/link").value());
  BOOST_TEST(!f.jail->exists("none/x").value());
}

BOOST_DATA_TEST_CASE(never_replaces, kResolvers, resolver) {
  Fixture f(resolver);
  BOOST_REQUIRE(f.jail->create_file("a"));
  BOOST_REQUIRE(f.jail->create_file("b"));
  fs::create_symlink("nowhere", f.inside("s"));
  for (const char* taken : {"a", "s"}) {
    BOOST_TEST(code_of(f.jail->create_file(taken)) == EEXIST);
    BOOST_TEST(code_of(f.jail->make_directory(taken)) == EEXIST);
    BOOST_TEST(code_of(f.jail->rename("b", taken)) == EEXIST);
    BOOST_TEST(code_of(f.jail->link("b", taken)) == EEXIST);
    BOOST_TEST(code_of(f.jail->symlink("x", taken)) == EEXIST);
    BOOST_TEST(code_of(f.jail->make_node(taken, S_IFIFO, 0)) == EEXIST);
  }
}

BOOST_DATA_TEST_CASE(refuses_paths_that_lead_out, kResolvers, resolver) {
  Fixture f(resolver);
  BOOST_REQUIRE(f.jail->make_directory("d"));
  using namespace std::string_literals;
  const std::string absolute = f.dir / "outside/new";
  for (const auto& path : {"../outside/new"s, ".."s, "."s, "d/../../outside/new"s, "d/.."s, "/new"s, absolute,
                           "d//new"s, "d/"s, "d/new/"s, "d/./new"s, "d\0/new"s, "new\0"s, "/"s}) {
    BOOST_TEST(code_of(f.jail->create_file(path)) == EINVAL, path);
    BOOST_TEST(code_of(f.jail->make_directory(path)) == EINVAL, path);
    BOOST_TEST(code_of(f.jail->symlink("x", path)) == EINVAL, path);
    BOOST_TEST(code_of(f.jail->make_node(path, S_IFIFO, 0)) == EINVAL, path);
    BOOST_TEST(code_of(f.jail->directory(path)) != 0, path);
    BOOST_TEST(code_of(f.jail->unlink(path)) == EINVAL, path);
  }
  BOOST_REQUIRE(f.jail->create_file("file"));
  BOOST_TEST(code_of(f.jail->rename("file", "../outside/new")) == EINVAL);
  BOOST_TEST(code_of(f.jail->rename("../outside/secret", "new")) == EINVAL);
  BOOST_TEST(code_of(f.jail->link("../outside/secret", "new")) == EINVAL);
  BOOST_TEST(code_of(f.jail->create_file("")) == EINVAL);
  BOOST_TEST(std::distance(fs::directory_iterator(f.dir / "outside"), fs::directory_iterator()) == 1);
}

BOOST_DATA_TEST_CASE(follows_no_symlink, kResolvers, resolver) {
  Fixture f(resolver);
  BOOST_REQUIRE(f.jail->make_directory("d"));
  fs::create_directory_symlink(f.dir / "outside", f.inside("out"));
  fs::create_directory_symlink("d", f.inside("in"));
  fs::create_directory_symlink("../../outside", f.inside("d/up"));
  for (const char* path : {"out/new", "in/new", "d/up/new"}) {
    const int code = code_of(f.jail->create_file(path));
    BOOST_TEST((code == ELOOP || code == ENOTDIR), path << ": " << code);
    BOOST_TEST(!f.jail->make_directory(path));
    BOOST_TEST(!f.jail->symlink("x", path));
  }
  BOOST_TEST(!f.jail->link("out/secret", "new"));
  BOOST_TEST(!f.jail->directory("out"));
  BOOST_TEST(!fs::exists(f.dir / "outside/new"));
}

// What is open stays what it was; what is opened anew is refused.
BOOST_DATA_TEST_CASE(is_not_moved_by_a_directory_that_becomes_a_symlink, kResolvers, resolver) {
  Fixture f(resolver);
  BOOST_REQUIRE(f.jail->make_directory("d"));
  BOOST_REQUIRE(f.jail->make_directory("e"));
  BOOST_REQUIRE(f.jail->create_file("d/first"));
  for (const char* name : {"d", "e"}) {
    fs::rename(f.inside(name), f.inside(std::string(name) + ".moved"));
    fs::create_directory_symlink(f.dir / "outside", f.inside(name));
  }
  BOOST_REQUIRE(f.jail->create_file("d/second"));
  BOOST_TEST(fs::exists(f.inside("d.moved/second")));
  BOOST_TEST(!f.jail->create_file("e/new"));
  BOOST_TEST(std::distance(fs::directory_iterator(f.dir / "outside"), fs::directory_iterator()) == 1);
}

BOOST_DATA_TEST_CASE(goes_deeper_than_path_max, kResolvers, resolver) {
  Fixture f(resolver);
  const std::string name(200, 'n');
  std::string path = name;
  BOOST_REQUIRE(f.jail->make_directory(path));
  for (int depth = 1; depth < 100; ++depth) {
    path += "/" + name;
    BOOST_REQUIRE(f.jail->make_directory(path));
  }
  BOOST_REQUIRE(f.jail->create_file(path + "/file"));
  // A jail that has nothing open yet finds it too.
  const auto fresh = Jail::open(f.dir / "jail", resolver);
  BOOST_TEST((*fresh)->exists(path + "/file").value());
  BOOST_TEST(code_of((*fresh)->directory(std::string(5000, 'x'))) == ENAMETOOLONG);
}

BOOST_DATA_TEST_CASE(keeps_few_directories_open, kResolvers, resolver) {
  Fixture f(resolver);
  const auto open_files = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = open_files();
  for (int i = 0; i < 500; ++i) {
    const std::string name = "d" + std::to_string(i);
    BOOST_REQUIRE(f.jail->make_directory(name));
    BOOST_REQUIRE(f.jail->create_file(name + "/f"));
  }
  BOOST_TEST(open_files() - before <= 64);
  BOOST_TEST(f.jail->exists("d0/f").value());
}

BOOST_DATA_TEST_CASE(has_inner_jails, kResolvers, resolver) {
  Fixture f(resolver);
  BOOST_REQUIRE(f.jail->make_directory("p1"));
  const auto inner = f.jail->inner("p1");
  BOOST_REQUIRE(inner);
  BOOST_REQUIRE((*inner)->create_file("x"));
  BOOST_TEST(fs::exists(f.inside("p1/x")));
  BOOST_TEST(code_of((*inner)->create_file("../y")) == EINVAL);
  BOOST_TEST(code_of(f.jail->inner("..")) == EINVAL);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
