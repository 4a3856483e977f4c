#include "fs/f2fs/directory.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fs/f2fs/directory_index.hpp"
#include "fs/f2fs/inode_map.hpp"
#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using Texts = std::vector<std::string>;
using test::Dentry;
using test::ImageBuilder;
using test::InodeImage;

Dentry named(std::uint32_t slot, std::uint32_t ino, const std::string& name, bool in_use = true) {
  return {slot, ino, name, name_hash(ByteView(as_bytes(name))), 1, in_use};
}

std::vector<Dentry> dots() { return {{0, 5, ".", 0, 2}, {1, 3, "..", 0, 2}}; }

/// A directory in blocks, which the test fills: `blocks[i]` is where its block i lies, as main() counts.
struct Blocks {
  explicit Blocks(unsigned bits = 12) : image(bits), inode(040755) { inode.raw.i_links = 2; }
  void put(std::uint32_t block, const std::vector<Dentry>& dentries) {
    const std::uint32_t at = 3072 + block;
    image.put_block(image.main(at), image.dentry_block(dentries));
    inode.addrs[block] = image.main(at);
    inode.raw.i_size = std::max<std::uint64_t>(inode.raw.i_size, std::uint64_t{block + 1} * image.block_size());
  }
  std::shared_ptr<const Filesystem> filesystem() {
    image.add_inode(5, 0, inode);
    return image.filesystem();
  }

  ImageBuilder image;
  InodeImage inode;
};

volume::Directory list(const std::shared_ptr<const Filesystem>& filesystem, bool removed = false) {
  const auto record = read_inode(*filesystem, {5});
  BOOST_REQUIRE(record.has_value());
  const auto map = map_inode(filesystem, *record, 0);
  BOOST_REQUIRE(map.has_value());
  return removed ? read_removed_names(filesystem, *record, *map) : read_directory(filesystem, *record, *map);
}

Texts names(const volume::Directory& directory) {
  Texts all;
  for (const volume::DirEntry& entry : directory.entries)
    all.push_back(entry.name + "=" + std::to_string(entry.inode.value));
  return all;
}

/// The first name "n<i>" whose hash fulfils a condition.
template <class Condition>
std::string name_where(Condition condition) {
  for (int i = 0;; ++i) {
    std::string name = "n" + std::to_string(i);
    if (condition(name_hash(ByteView(as_bytes(name))))) return name;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_directory)

BOOST_AUTO_TEST_CASE(in_its_inode) {
  ImageBuilder image;
  InodeImage inode = image.inline_dir({named(0, 4, "b"), named(1, 6, "name of two slots"), named(181, 7, "last")});
  inode.inline_bytes[0] |= std::byte{0x0e};  // the slots of the second name
  image.add_inode(5, 0, inode);
  auto directory = list(image.filesystem());
  BOOST_TEST(names(directory) == (Texts{"b=4", "name of two slots=6", "last=7"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.empty());
  BOOST_TEST(directory.entries[0].hash[0] == name_hash(ByteView(as_bytes("b"))));
  BOOST_TEST(directory.entries[0].hash[1] == 0u);
}

BOOST_AUTO_TEST_CASE(in_blocks_with_a_hole_between) {
  for (const unsigned bits : {12u, 16u}) {
    Blocks dir(bits);
    std::vector<Dentry> first = dots();
    first.push_back(named(2, 6, "one"));
    dir.put(0, first);
    const std::string second = name_where([](std::uint32_t hash) { return hash % 2 == 1; });
    dir.put(5, {named(9, 7, second)});
    const auto directory = list(dir.filesystem());
    BOOST_TEST(names(directory) == (Texts{"one=6", second + "=7"}), boost::test_tools::per_element());
    BOOST_TEST(directory.findings.empty());
  }
}

BOOST_AUTO_TEST_CASE(names_that_lookup_would_not_find) {
  Blocks dir;
  std::vector<Dentry> first = dots();
  first.push_back({2, 6, "wrong", name_hash(ByteView(as_bytes("wrong"))) ^ 1});
  dir.put(0, first);
  const std::string odd = name_where([](std::uint32_t hash) { return hash % 2 == 1; });
  dir.put(2, {named(0, 7, odd)});
  const auto directory = list(dir.filesystem());
  BOOST_TEST(names(directory) == (Texts{"wrong=6", odd + "=7"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings ==
                 (Texts{"inode 5, directory block 0, slot 2: its hash is not that of its name, so that Linux would not "
                        "find it",
                        "inode 5, directory block 2, slot 0: its hash belongs into another block, so that Linux would "
                        "not find it"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_first_level_by_i_dir_level) {
  Blocks dir;
  dir.inode.raw.i_dir_level = 3;
  const std::string name = name_where([](std::uint32_t hash) { return hash % 8 == 5; });
  dir.put(11, {named(0, 7, name)});
  BOOST_TEST(list(dir.filesystem()).findings.empty());
  dir.inode.raw.i_dir_level = 2;
  BOOST_TEST(list(dir.filesystem()).findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(names_that_no_directory_can_hold) {
  Blocks dir;
  std::vector<Dentry> first = dots();
  first.push_back(named(2, 6, "a/b"));
  first.push_back(named(3, 6, std::string("a\0b", 3)));
  first.push_back(named(4, 6, "."));
  first.push_back(named(5, 6, ".."));
  first.push_back(named(6, 6, "good"));
  dir.put(0, first);
  dir.put(1, {named(0, 5, ".")});
  const auto directory = list(dir.filesystem());
  BOOST_TEST(names(directory) == (Texts{"good=6"}), boost::test_tools::per_element());
  const std::string block = "inode 5, directory block ";
  const std::string dot = R"("." or ".." in a place where neither can be)";
  BOOST_TEST(directory.findings ==
                 (Texts{block + "0, slot 2: a name holds a slash", block + "0, slot 3: a name holds a zero byte",
                        block + "0, slot 4: " + dot, block + "0, slot 5: " + dot, block + "1, slot 0: " + dot}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ciphertext_can_hold_any_byte) {
  Blocks dir;
  dir.inode.raw.i_advise = kAdviseEncrypt;
  const std::string cipher("/cipher\0name////", 16);
  dir.put(0, {named(2, 6, cipher)});
  const auto directory = list(dir.filesystem());
  BOOST_REQUIRE(directory.entries.size() == 1u);
  BOOST_TEST(directory.entries[0].name == cipher);
  BOOST_TEST(directory.findings.empty());
}

BOOST_AUTO_TEST_CASE(hashes_of_a_casefolded_directory_cannot_be_told) {
  Blocks dir;
  dir.image.super.feature = kFeatureCasefold;
  dir.inode.raw.i_flags = kCasefoldFl;
  dir.put(0, {{2, 6, "Name", 12345}});
  const auto directory = list(dir.filesystem());
  BOOST_TEST(names(directory) == (Texts{"Name=6"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings.empty());
  dir.put(2, {{2, 7, "Odd", 12345}});  // by its hash it would be in blocks 4 and 5
  BOOST_TEST(list(dir.filesystem()).findings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_size_that_is_no_multiple_and_blocks_that_are_lost) {
  Blocks dir;
  dir.put(0, {named(2, 6, "one")});
  dir.put(1, {named(2, 7, "two")});
  dir.inode.addrs[2] = 7;
  dir.inode.raw.i_size = 3 * 4096 - 1;
  const auto filesystem = dir.filesystem();
  dir.image.disk->spoil(dir.image.byte_of(dir.image.main(3073)), 1);
  const auto directory = list(filesystem);
  BOOST_TEST(names(directory) == (Texts{"one=6"}), boost::test_tools::per_element());
  BOOST_TEST(directory.findings == (Texts{"inode 5, its size of 12287 bytes is no multiple of the block size",
                                          "inode 5, directory block 2: it lies at block 7, where no file can be",
                                          "inode 5, directory block 1: it is spoiled"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(findings_are_said_to_a_number) {
  Blocks dir;
  std::vector<Dentry> many;
  for (std::uint32_t slot = 2; slot < 152; ++slot) many.push_back(named(slot, 6, "a/b"));
  dir.put(0, many);
  const auto directory = list(dir.filesystem());
  BOOST_REQUIRE(directory.findings.size() == 101u);
  BOOST_TEST(directory.findings.back() == "inode 5: 50 further findings in this directory");
}

BOOST_AUTO_TEST_CASE(removed_names) {
  Blocks dir;
  std::vector<Dentry> first = dots();
  first.push_back(named(2, 6, "alive"));
  first.push_back(named(3, 7, "gone", false));
  first.push_back(named(4, 6, "alive", false));              // the live name's former place
  first.push_back(named(5, 8, "gone of two slots", false));  // slots 5 to 7
  first.push_back({8, 9, "no hash", 1, 1, false});
  first.push_back(named(9, 2, "low number", false));
  first.push_back(named(11, 465920, "high number", false));
  first.push_back({13, 9, "type 0", name_hash(ByteView(as_bytes("type 0"))), 0, false});
  first.push_back({14, 9, "type 8", name_hash(ByteView(as_bytes("type 8"))), 8, false});
  first.push_back(named(15, 9, "a/b", false));
  first.push_back(named(16, 10, "partly covered by a live name", false));  // slots 16 to 19
  first.push_back(named(19, 11, "x"));
  first.push_back({20, 7, "gone", name_hash(ByteView(as_bytes("gone"))), 1, false});  // again
  dir.put(0, first);
  const auto directory = list(dir.filesystem(), true);
  BOOST_TEST(names(directory) == (Texts{"gone=7", "gone of two slots=8"}), boost::test_tools::per_element());
  BOOST_TEST(names(list(dir.filesystem())) == (Texts{"alive=6", "x=11"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(removed_names_of_an_encrypted_directory) {
  Blocks dir;
  dir.inode.raw.i_advise = kAdviseEncrypt;
  const std::string cipher = "cipher/name//016";
  dir.put(0, {named(2, 6, cipher, false), named(8, 7, "short", false)});
  BOOST_TEST(names(list(dir.filesystem(), true)) == (Texts{cipher + "=6"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
