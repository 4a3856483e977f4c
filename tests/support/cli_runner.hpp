#pragma once

#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace coldread::test {

/// What a command line came to.
struct Run {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs a command line in this process, through an Io of strings.
inline Run run(const std::vector<std::string>& line, const std::string& input = "", bool interrupted = false) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const std::atomic<bool> interrupt{interrupted};
  cli::Io io{in, out, err, false, false, interrupt};
  Run result;
  result.code = cli::run(line, io);
  result.out = out.str();
  result.err = err.str();
  return result;
}

/// True for one sentence on one line, from the program.
inline bool is_one_sentence(const std::string& text) {
  return text.starts_with("coldread: ") && text.size() > 20 && text.find('\n') == text.size() - 1;
}

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void spill(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// samples/NAME below the source tree.
inline std::string sample(const std::string& name) { return std::string(COLDREAD_SOURCE_DIR) + "/samples/" + name; }

/// Unpacks a sample's image to `path`.
inline void unpack(const std::string& name, const std::string& path) {
  const std::string command = "zstd -qdf --sparse '" + sample(name) + "/image.img.zst' -o '" + path + "'";
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own words
  BOOST_REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace coldread::test
