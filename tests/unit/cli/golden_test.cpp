#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::test {

namespace {

struct Golden {
  const char* name;
  std::vector<std::string> line;  ///< IMAGE and KEYS stand for the sample's
};

const std::vector<Golden> kGolden{
    {"info", {"info", "IMAGE", "--key", "KEYS"}},
    {"info_json", {"info", "IMAGE", "--key", "KEYS", "--json"}},
    {"ls", {"ls", "IMAGE", "vault", "-l", "--key", "KEYS"}},
    {"ls_without_key", {"ls", "IMAGE", "-R", "-l"}},
    {"stat", {"stat", "IMAGE", "vault/calibration.bin", "--key", "KEYS"}},
    {"stat_json", {"stat", "IMAGE", "firmware/kernel.bin", "--json"}},
    {"pages", {"pages", "IMAGE", "vault/calibration.bin", "--key", "KEYS"}},
    {"pages_json", {"pages", "IMAGE", "vault/calibration.bin", "--key", "KEYS", "--json", "--page-size", "16384"}},
    {"pages_svg", {"pages", "IMAGE", "vault/calibration.bin", "--key", "KEYS", "--svg", "-", "--page-size", "16384"}},
    {"verify", {"verify", "IMAGE", "--key", "KEYS"}},
    {"verify_digest", {"verify", "IMAGE", "--digest"}},
    {"keys", {"keys", "IMAGE", "--key", "KEYS"}},
    {"keys_json", {"keys", "IMAGE", "--json"}},
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

// `./dev golden` writes the files anew: read the difference before it is committed.
BOOST_AUTO_TEST_CASE(commands_print_what_they_printed_before) {
  const TempDir temp;
  const std::string image = temp / "image.img";
  const std::string keys = sample("first-light") + "/keys";
  unpack("first-light", image);
  const bool refresh = std::getenv("COLDREAD_REFRESH_GOLDEN") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  for (const Golden& golden : kGolden) {
    std::vector<std::string> line = golden.line;
    for (std::string& word : line) {
      if (word == "IMAGE") word = image;
      if (word == "KEYS") word = keys;
    }
    const Run done = run(line);
    const std::string text =
        replaced(replaced("exit code " + std::to_string(done.code) + "\n" + done.out + "-- standard error\n" + done.err,
                          image, "IMAGE"),
                 keys, "KEYS");
    const std::string path = std::string(COLDREAD_SOURCE_DIR) + "/tests/cli/golden/" + golden.name + ".txt";
    if (refresh) {
      spill(path, text);
    } else {
      BOOST_TEST(text == slurp(path), golden.name << " prints:\n" << text);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::test
