#pragma once

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/extract/directory_sink.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::extract::test_sink {

namespace fs = std::filesystem;
using volume::FileType;

/// An entry whose owner, atime and mtime are no defaults of any host.
inline SinkEntry make_entry(const std::string& path, FileType type, std::uint32_t mode, std::uint64_t size = 0) {
  SinkEntry out;
  out.path = path;
  out.facts.type = type;
  out.facts.mode = mode;
  out.facts.size = size;
  out.facts.uid = 12345;
  out.facts.gid = 54321;
  out.facts.atime = {1000, 1};
  out.facts.mtime = {2000, 2};
  return out;
}

/// A sink for the new directory `out` in a temporary one.
struct Fixture {
  explicit Fixture(const SinkOptions& options = {})
      : sink(std::move(DirectorySink::open(dir / "out", options)).value()) {}

  [[nodiscard]] std::string at(const std::string& name) const { return dir / ("out/" + name); }

  [[nodiscard]] struct stat status(const std::string& name) const {
    struct stat st {};
    BOOST_REQUIRE_MESSAGE(::lstat(at(name).c_str(), &st) == 0, name);
    return st;
  }

  Placed make_dir(const std::string& path, std::uint32_t mode = 0755) const {
    auto placed = sink->directory(make_entry(path, FileType::kDir, mode));
    BOOST_REQUIRE_MESSAGE(placed, path);
    return *placed;
  }

  Placed make_file(const SinkEntry& entry, const std::string& content) const {
    Placed placed;
    auto file = sink->file(entry, placed);
    BOOST_REQUIRE_MESSAGE(file, entry.path);
    if (!content.empty()) BOOST_REQUIRE((*file)->write(0, as_bytes(content)));
    const auto done = (*file)->commit(entry);
    BOOST_REQUIRE_MESSAGE(done, (done ? "" : done.error().message()));
    return placed;
  }

  Placed make_file(const std::string& path, const std::string& content, std::uint32_t mode = 0644) const {
    return make_file(make_entry(path, FileType::kFile, mode, content.size()), content);
  }

  Placed make_symlink(const std::string& path, const std::string& target) const {
    SinkEntry entry = make_entry(path, FileType::kSymlink, 0777, target.size());
    entry.target = target;
    auto placed = sink->symlink(entry);
    BOOST_REQUIRE_MESSAGE(placed, path);
    return *placed;
  }

  std::vector<std::string> finish() const {
    auto done = sink->finish();
    BOOST_REQUIRE_MESSAGE(done, (done ? "" : done.error().message()));
    return *done;
  }

  test::TempDir dir;
  std::unique_ptr<DirectorySink> sink;
};

inline std::size_t names_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace coldread::extract::test_sink
