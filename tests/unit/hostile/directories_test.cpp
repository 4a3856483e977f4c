#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/unit/hostile/hostile_image.hpp"

namespace coldread::hostile {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kSecondName = "this directory has a second name: its entries are listed under the first one only";
constexpr const char* kTwice = "its directory holds this name more than once";

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_directories)

BOOST_AUTO_TEST_CASE(a_directory_that_holds_itself_and_its_parent_is_entered_once) {
  HostileImage image;
  image.put_root({{13, "d"}, {13, "e"}, {2, "root"}});
  image.put_directory(13, 21, {{13, "self"}, {2, "up"}, {12, "file"}});
  image.put_file(12, 40, 5, 'x');
  const Extraction run(image);
  BOOST_TEST(run.paths() == (Texts{"", "d", "d/file", "d/self", "d/up", "e", "root"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.entry("d").status == "ok");
  for (const char* path : {"d/self", "d/up", "e", "root"}) {
    BOOST_TEST_CONTEXT(path) {
      BOOST_TEST(run.entry(path).status == "damaged");
      BOOST_TEST(run.entry(path).problems == (Texts{kSecondName}), boost::test_tools::per_element());
    }
  }
  BOOST_TEST(run.written() == (Texts{"out", "out/d", "out/d/file", "out/d/self", "out/d/up", "out/e", "out/root"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.outcome.findings);
}

BOOST_AUTO_TEST_CASE(names_that_lead_out_are_findings_and_never_written) {
  HostileImage image;
  image.put_file(12, 40, 5, 'x');
  image.put_root({{12, "../x"},
                  {12, "a/b"},
                  {12, "/etc"},
                  {12, ".."},
                  {12, "."},
                  {12, "good"},
                  {12, std::string("nul\0x", 5)},
                  {12, ""}});
  const Extraction run(image);
  BOOST_TEST(run.paths() == (Texts{"", "good"}), boost::test_tools::per_element());
  const std::string block = "inode 2, directory block 0, offset ";
  const std::string dots = ": \".\" or \"..\" in a place where neither can be";
  BOOST_TEST(
      run.entry("").problems == (Texts{block + "24: a name holds a slash", block + "36: a name holds a slash",
                                       block + "48: a name holds a slash", block + "60" + dots, block + "72" + dots,
                                       block + "96: a name holds a zero byte", block + "112: a name is empty"}),
      boost::test_tools::per_element());
  BOOST_TEST(run.entry("").status == "damaged");
  BOOST_TEST(run.written() == (Texts{"out", "out/good"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_written_through_a_symlink_of_the_same_name) {
  HostileImage image;
  image.put_root({{12, "way"}, {13, "way"}});
  image.put_symlink(12, "../outside");
  image.put_directory(13, 21, {{14, "file"}});
  image.put_file(14, 40, 6, 'y');
  const Extraction run(image);
  BOOST_TEST(run.paths() == (Texts{"", "way", "way", "way/file"}), boost::test_tools::per_element());
  BOOST_TEST(run.entry("way").status == "ok");
  BOOST_TEST(run.entry("way").target.value() == "../outside");
  BOOST_TEST(run.entry("way", 1).status == "damaged");
  BOOST_TEST(run.entry("way", 1).problems == (Texts{kTwice}), boost::test_tools::per_element());
  BOOST_TEST(run.entry("way", 1).written_as.value() == "way~2");
  BOOST_TEST(run.entry("way/file").written_as.value() == "way~2/file");
  BOOST_TEST(run.written() == (Texts{"out", "out/way", "out/way~2", "out/way~2/file"}),
             boost::test_tools::per_element());
  BOOST_TEST(std::filesystem::is_symlink(run.place("way")));
  BOOST_TEST(run.content("way~2/file") == "yyyyyy");
}

BOOST_AUTO_TEST_CASE(a_directory_keeps_its_name_before_a_symlink_that_comes_later) {
  HostileImage image;
  image.put_root({{13, "way"}, {12, "way"}});
  image.put_symlink(12, "/tmp");
  image.put_directory(13, 21, {{14, "file"}});
  image.put_file(14, 40, 6, 'y');
  const Extraction run(image);
  BOOST_TEST(run.entry("way", 0).type == "dir");
  BOOST_TEST(run.entry("way", 1).written_as.value() == "way~2");
  BOOST_TEST(run.written() == (Texts{"out", "out/way", "out/way/file", "out/way~2"}), boost::test_tools::per_element());
  BOOST_TEST(std::filesystem::is_symlink(run.place("way~2")));
}

BOOST_AUTO_TEST_CASE(each_of_two_files_with_one_name_is_written) {
  HostileImage image;
  image.put_root({{12, "dup"}, {13, "dup"}});
  image.put_file(12, 40, 3, 'a');
  image.put_file(13, 41, 4, 'b');
  const Extraction run(image);
  BOOST_TEST(run.entry("dup").status == "ok");
  BOOST_TEST(run.entry("dup", 1).status == "damaged");
  BOOST_TEST(run.entry("dup", 1).problems == (Texts{kTwice}), boost::test_tools::per_element());
  BOOST_TEST(run.content("dup") == "aaa");
  BOOST_TEST(run.content("dup~2") == "bbbb");
}

BOOST_AUTO_TEST_CASE(link_counts_that_lie_lose_no_name) {
  for (const std::uint16_t links : std::initializer_list<std::uint16_t>{1, 2, 3, 65535}) {
    HostileImage image;
    image.put_root({{12, "a"}, {12, "b"}, {12, "c"}});
    image.put_file(12, 40, 3, 'z');
    const Le16 field(links);
    image.put(HostileImage::inode_at(12) + offsetof(RawInode, i_links_count), field);
    const Extraction run(image);
    BOOST_TEST_CONTEXT(links) {
      BOOST_TEST(run.paths() == (Texts{"", "a", "b", "c"}), boost::test_tools::per_element());
      for (const char* path : {"a", "b", "c"}) {
        BOOST_TEST(run.entry(path).status == "ok");
        BOOST_TEST(run.content(path) == "zzz");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(names_of_inodes_that_cannot_be_are_errors) {
  HostileImage image;
  image.put_root({{8, "journal"}, {33, "past"}, {0xffffffff, "far"}, {20, "unused"}});
  const Extraction run(image);
  BOOST_TEST(run.entry("journal").problems == (Texts{"inode 8: it is reserved for the filesystem itself"}),
             boost::test_tools::per_element());
  BOOST_TEST(run.entry("past").problems == (Texts{"inode 33: there is no such inode: they are numbered 1 to 32"}),
             boost::test_tools::per_element());
  BOOST_TEST(
      run.entry("far").problems == (Texts{"inode 4294967295: there is no such inode: they are numbered 1 to 32"}),
      boost::test_tools::per_element());
  BOOST_TEST(run.entry("unused").problems == (Texts{"inode 20: it is not in use"}), boost::test_tools::per_element());
  for (const char* path : {"journal", "past", "far", "unused"}) BOOST_TEST(run.entry(path).status == "error");
  BOOST_TEST(run.outcome.summary.error == 4u);
  BOOST_TEST(run.written() == (Texts{"out"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_directory_that_claims_more_bytes_than_there_are_is_read_within_a_budget) {
  HostileImage image;
  image.put_root({{13, "big"}});
  image.put_directory(13, 21, {});
  for (std::uint64_t block = 22; block < 221; ++block) {
    image.put_bytes(block * HostileImage::kBlockSize, ext4::test::dirent(0, HostileImage::kBlockSize, ""));
  }
  RawInode raw = make_inode(040755);
  raw.i_size_lo = 4 * 200 * HostileImage::kBlockSize;
  set_root(raw, make_node<ext4::RawExtent>(
                    0, {extent(0, 200, 21), extent(200, 200, 21), extent(400, 200, 21), extent(600, 200, 21)}, 60));
  image.put_inode(13, raw);
  const Extraction run(image);
  BOOST_TEST(run.entry("big").status == "damaged");
  BOOST_TEST(run.entry("big").problems ==
                 (Texts{"inode 13, directory blocks 200 to 399: not read, since the directory claims more bytes than "
                        "the filesystem has"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_wrecked_directory_the_first_findings_are_said) {
  HostileImage image;
  image.put_root({{13, "wrecked"}});
  RawInode raw = make_inode(040755);
  raw.i_size_lo = 150 * HostileImage::kBlockSize;
  set_root(raw, make_node<ext4::RawExtent>(0, {extent(0, 150, 60)}, 60));
  image.put_inode(13, raw);
  const Extraction run(image);
  const Texts problems = run.entry("wrecked").problems;
  BOOST_REQUIRE(problems.size() == 101u);
  BOOST_TEST(problems[99] ==
             "inode 13, directory block 99, offset 0: rec_len is 0 with a name_len of 0; the rest of the block is not "
             "read");
  BOOST_TEST(problems[100] == "inode 13: 50 further findings in this directory");
}

BOOST_AUTO_TEST_CASE(a_directory_without_blocks_says_so_once) {
  HostileImage image;
  image.put_root({{13, "hollow"}});
  RawInode raw = make_inode(040755);
  raw.i_size_lo = 0xfffffc00;
  set_root(raw, make_node<ext4::RawExtent>(0, {}, 60));
  image.put_inode(13, raw);
  const Extraction run(image);
  BOOST_TEST(
      run.entry("hollow").problems == (Texts{"inode 13, directory blocks 0 to 4194302: nothing is stored there"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::hostile
