#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::hostile {
namespace {

using Texts = std::vector<std::string>;

constexpr std::uint64_t kKib = 1024;

/// The most memory that this process has used, in KiB.
long peak_memory() {
  rusage usage{};
  BOOST_REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss;  // NOLINT(cppcoreguidelines-pro-type-union-access): glibc's way to make a long of it
}

HostileImage image_with_file() {
  HostileImage image;
  image.put_root({{12, "file"}});
  image.put_file(12, 40, 3000, 'f');
  return image;
}

/// The image is refused, by this name of a field and its value.
void check_refused(HostileImage& image, const std::string& field, std::uint64_t value) {
  const Extraction run(image);
  BOOST_TEST_CONTEXT(field << " " << value) {
    BOOST_REQUIRE(run.refused.has_value());
    BOOST_TEST((run.refused->kind == ErrorKind::kCorrupt));
    BOOST_TEST(run.refused->message() == "ext4 superblock: " + field + " is " + std::to_string(value) +
                                             ", which cannot be; no good backup was found");
    BOOST_TEST(run.written().empty());
  }
}

/// One sentence's body: it says something, on one line.
bool is_sentence(const Error& error) {
  const std::string text = error.message();
  return !text.empty() && text.find('\n') == std::string::npos && text.back() != '.';
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_superblock)

BOOST_AUTO_TEST_CASE(a_number_of_blocks_that_lies_allocates_nothing) {
  HostileImage image = image_with_file();
  image.super.s_blocks_count_lo = 0xffffffff;
  check_refused(image, "s_inodes_count", 32);  // it goes with the number of groups

  image.super.s_inodes_count = 32 * 524288;
  const long before = peak_memory();
  const Extraction run(image);
  BOOST_REQUIRE(!run.refused);
  BOOST_TEST(run.paths() == (Texts{"", "file"}), boost::test_tools::per_element());
  BOOST_TEST(run.entry("file").status == "ok");
  BOOST_TEST(run.content("file") == std::string(3000, 'f'));
  BOOST_TEST(peak_memory() - before < 64 * 1024);
}

BOOST_AUTO_TEST_CASE(inodes_of_groups_past_the_end_are_read_faults) {
  HostileImage image = image_with_file();
  image.super.s_blocks_count_lo = 0xffffffff;
  image.super.s_inodes_count = 32 * 524288;
  image.put_root({{12, "file"}, {32 * 524288, "last"}, {33, "second group"}});
  const Extraction run(image);
  BOOST_TEST(run.entry("file").status == "ok");
  BOOST_TEST(run.entry("last").status == "error");
  BOOST_REQUIRE(run.entry("last").problems.size() == 1u);
  BOOST_TEST(
      run.entry("last").problems[0].starts_with("inode 16777216: the descriptor of group 524287 cannot be read ("));
  BOOST_TEST(run.entry("second group").problems == (Texts{"inode 33: the descriptor of group 1 puts the inode table at "
                                                          "block 0, where it cannot be, and there is no good copy"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(numbers_of_inodes_that_lie_are_refused) {
  for (const std::uint32_t count : {0u, 31u, 33u, 0xffffffffu}) {
    HostileImage image = image_with_file();
    image.super.s_inodes_count = count;
    check_refused(image, "s_inodes_count", count);
  }
  for (const std::uint32_t count : {0u, 8193u, 0xffffffffu}) {
    HostileImage image = image_with_file();
    image.super.s_inodes_per_group = count;
    check_refused(image, "s_inodes_per_group", count);
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_inodes_that_lie_are_refused) {
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{0, 1, 64, 127, 129, 255, 2048, 65535}) {
    HostileImage image = image_with_file();
    image.super.s_inode_size = size;
    check_refused(image, "s_inode_size", size);
  }
}

BOOST_AUTO_TEST_CASE(another_size_of_inodes_reads_no_further_than_the_image) {
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{128, 512, 1024}) {
    HostileImage image = image_with_file();
    image.super.s_inode_size = size;
    const Extraction run(image);
    BOOST_TEST_CONTEXT(size) {
      BOOST_REQUIRE(!run.refused);
      BOOST_REQUIRE(!run.entries.empty());
      BOOST_TEST(run.entries[0].status == "error");  // where the root should lie is nothing
      BOOST_TEST(run.entries.size() == 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_descriptors_that_lie_are_refused) {
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{0, 1, 32, 63, 96, 2048, 65535}) {
    HostileImage image = image_with_file();
    image.super.s_feature_incompat = image.super.s_feature_incompat | 0x80;  // 64bit
    image.super.s_desc_size = size;
    check_refused(image, "s_desc_size", size);
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_blocks_and_groups_that_lie_are_refused) {
  for (const std::uint32_t log : {7u, 31u, 32u, 0xffffffffu}) {
    HostileImage image = image_with_file();
    image.super.s_log_block_size = log;
    check_refused(image, "s_log_block_size", log);
  }
  for (const std::uint32_t blocks : {0u, 8193u, 0xffffffffu}) {
    HostileImage image = image_with_file();
    image.super.s_blocks_per_group = blocks;
    check_refused(image, "s_blocks_per_group", blocks);
  }
  HostileImage huge = image_with_file();
  huge.super.s_feature_incompat = huge.super.s_feature_incompat | 0x80;
  huge.super.s_desc_size = 64;
  huge.super.s_blocks_count_hi = 0xffffffff;
  check_refused(huge, "s_blocks_count", (std::uint64_t{0xffffffff} << 32) | 256);
}

BOOST_AUTO_TEST_CASE(images_too_small_for_a_superblock_are_none) {
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 512, 1023, 1024, 2047}) {
    HostileImage image = image_with_file();
    const Extraction run(image.cut(size));
    BOOST_REQUIRE(run.refused.has_value());
    BOOST_TEST((run.refused->kind == ErrorKind::kNotFound));
    BOOST_TEST(run.refused->message() ==
               "there is no ext4 filesystem here: " + std::to_string(size) + " bytes are too few for one");
  }
}

BOOST_AUTO_TEST_CASE(an_image_cut_anywhere_opens_or_is_refused_in_a_sentence) {
  HostileImage image = image_with_file();
  for (std::uint64_t size = 0; size <= 48 * kKib; size += kKib) {
    const Extraction run(image.cut(size));
    BOOST_TEST_CONTEXT(size << " bytes") {
      BOOST_REQUIRE(run.refused.has_value() == (size < 2048));
      if (run.refused) {
        BOOST_TEST(is_sentence(*run.refused));
        continue;
      }
      BOOST_REQUIRE(!run.entries.empty());
      BOOST_TEST(run.entries[0].path.empty());
      // Inode 2 ends at byte 5632, the root's block at 21504, inode 12 at 8192 and the file's blocks at 44032.
      const bool has_root = size >= 5 * kKib + 512;
      BOOST_TEST(run.entries[0].status == (!has_root ? "error" : size < 21 * kKib ? "damaged" : "ok"));
      BOOST_TEST(run.entries.size() == (size < 21 * kKib ? 1u : 2u));
      if (run.entries.size() == 2u) {
        BOOST_TEST(run.entry("file").status == (size < 43 * kKib ? "damaged" : "ok"));
        BOOST_TEST(run.content("file").size() == 3000u);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::hostile
