#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"

namespace coldread::test {

namespace {

const std::string kFile = "firmware/kernel.bin";

struct Image {
  Image() : image(temp / "image.img"), svg(temp / "map.svg") { unpack("first-light", image); }

  [[nodiscard]] std::string json() const { return run({"pages", image, kFile, "--json"}).out; }
  [[nodiscard]] std::uint64_t number(const std::string& name) const {
    const std::string text = json();
    const std::string mark = "\"" + name + "\":";
    return std::stoull(text.substr(text.find(mark) + mark.size()));
  }
  void flip(std::uint64_t offset) const {
    std::fstream file(image, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 4));
  }

  TempDir temp;
  std::string image;
  std::string svg;
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pages_command, Image)

BOOST_AUTO_TEST_CASE(what_a_kernel_refuses_is_summed_up) {
  const std::uint64_t first = number("image_offset");
  flip(first + 4096 + 9);
  flip(first + 8192);
  const Run small = run({"pages", image, kFile});
  BOOST_TEST(small.code == 1);
  BOOST_TEST(holds(small.out, " bad\npages 1-2: EIO (blocks 1-2: verity)\n"), small.out);
  BOOST_TEST(holds(small.out, "FAILED at verity: does not match the Merkle tree\n"));
  const Run large = run({"pages", image, kFile, "--page-size", "16384"});
  BOOST_TEST(holds(large.out, " bad\npage 0: EIO (blocks 1-2: verity)\n"), large.out);
  BOOST_TEST(holds(json(), "\"bad\":2,\"refused\":0}\n"));
}

BOOST_AUTO_TEST_CASE(a_malformed_descriptor_keeps_the_file_from_being_opened) {
  std::string size(8, '\0');
  const std::uint64_t bytes = number("size");
  for (std::size_t i = 0; i < 8; ++i) size[i] = static_cast<char>(bytes >> (8 * i) & 0xff);
  const std::string content = slurp(image);
  std::size_t at = content.find(size);
  // struct fsverity_descriptor: version 1, SHA-512, blocks of 2^12, ..., data_size at 8.
  while (at != std::string::npos && content.substr(at - 8, 3) != "\x01\x02\x0c") at = content.find(size, at + 1);
  BOOST_REQUIRE(at != std::string::npos);
  flip(at - 8);
  const Run done = run({"pages", image, kFile});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(holds(done.out, "\na kernel refuses to open it\n"), done.out);
  BOOST_TEST(!holds(done.out, ": EIO ("));
  BOOST_TEST(holds(json(), "\"refused\":0,\"malformed\":\""));
  BOOST_TEST(holds(run({"pages", image, kFile, "--svg", "-"}).out, "a kernel refuses to open it</text>"));
}

BOOST_AUTO_TEST_CASE(the_map_is_drawn_beside_the_table_or_instead) {
  const std::string table = run({"pages", image, kFile}).out;
  const Run both = run({"pages", image, kFile, "--svg", svg});
  BOOST_TEST(both.code == 0, both.err);
  BOOST_TEST(both.out == table);
  const std::string drawn = slurp(svg);
  BOOST_TEST(
      drawn.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""));
  BOOST_TEST(drawn.ends_with("</svg>\n"));
  BOOST_TEST(holds(drawn, "<title>/firmware/kernel.bin</title>"));
  BOOST_TEST(!holds(drawn, "cells-failed"));
  BOOST_TEST(run({"pages", image, kFile, "--svg", svg, "-q"}).out.empty());
  BOOST_TEST(run({"pages", image, kFile, "--svg", "-"}).out == drawn);
  const Run objects = run({"pages", image, kFile, "--json", "--svg", svg});
  BOOST_TEST(objects.out == json());

  flip(number("image_offset") + 4096);
  const Run damaged = run({"pages", image, kFile, "--svg", svg});
  BOOST_TEST(damaged.code == 1);
  BOOST_TEST(holds(slurp(svg), "<title>block 1 (bytes 4096 to 8191): stored at byte "));
  BOOST_TEST(holds(slurp(svg), ", FAILED: verity") == false);
  BOOST_TEST(holds(slurp(svg), ". FAILED: verity: does not match the Merkle tree</title>"));
}

BOOST_AUTO_TEST_CASE(a_map_that_cannot_be_written_is_code_4_and_leaves_nothing) {
  for (const std::string& to : {std::string("/dev/full"), temp / "no-such-directory/map.svg", temp / ""}) {
    const Run failed = run({"pages", image, kFile, "--svg", to, "-q"});
    BOOST_TEST(failed.code == 4, to << ": " << failed.code);
    BOOST_TEST(is_one_sentence(failed.err), failed.err);
  }
  const Run ended = run({"pages", image, kFile, "--svg", svg}, "", true);
  BOOST_TEST(ended.code == 130);
  BOOST_TEST(!std::filesystem::exists(svg));
}

BOOST_AUTO_TEST_CASE(no_map_takes_the_place_of_the_image) {
  const std::string before = slurp(image);
  std::filesystem::create_symlink(image, temp / "link");
  for (const std::string& to : {image, temp / "link"}) {
    const Run refused = run({"pages", image, kFile, "--svg", to});
    BOOST_TEST(refused.code == 2);
    BOOST_TEST(is_one_sentence(refused.err), refused.err);
  }
  BOOST_TEST((slurp(image) == before));
  const Run twice = run({"pages", image, kFile, "--svg", "-", "--json"});
  BOOST_TEST(twice.code == 2);
  BOOST_TEST(is_one_sentence(twice.err), twice.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::test
