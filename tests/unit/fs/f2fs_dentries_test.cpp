#include "fs/f2fs/dentries.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/unit/fs/f2fs_image_builder.hpp"

namespace coldread::f2fs {
namespace {

using Texts = std::vector<std::string>;
using test::Dentry;

/// Entries as "slot:name", faults as "slot!why".
Texts all(const Bytes& bytes) {
  Texts texts;
  DentryArea(ByteView(bytes))
      .each([&](const DentryArea::Entry& e) { texts.push_back(std::to_string(e.slot) + ":" + e.name); },
            [&](std::uint32_t slot, const std::string& why) { texts.push_back(std::to_string(slot) + "!" + why); });
  return texts;
}

Bytes block(const std::vector<Dentry>& dentries) { return test::ImageBuilder().dentry_block(dentries); }

}  // namespace

BOOST_AUTO_TEST_SUITE(f2fs_dentries)

BOOST_AUTO_TEST_CASE(slots_of_areas) {
  for (const auto& [size, slots] : std::vector<std::pair<std::size_t, std::uint32_t>>{{4096, 214},
                                                                                      {16384, 856},
                                                                                      {65536, 3426},
                                                                                      {3488, 182},
                                                                                      {0, 0},
                                                                                      {19, 0},
                                                                                      {20, 1},
                                                                                      {38, 1},
                                                                                      {39, 2},
                                                                                      {40, 2}}) {
    const Bytes bytes(size);
    const DentryArea area{ByteView(bytes)};
    BOOST_TEST(area.slots() == slots);
    BOOST_TEST(!area.in_use(0));
    BOOST_TEST(!area.in_use(slots));
    BOOST_TEST(!area.in_use(0xffffffff));
    for (std::uint32_t slot = 0; slot < slots; ++slot) BOOST_TEST(area.raw(slot).ino == 0u);
    if (slots != 0) BOOST_TEST(area.name(slots - 1, 8) == std::string(8, '\0'));
  }
  BOOST_TEST(DentryArea::slots_of(0) == 0u);
  BOOST_TEST(DentryArea::slots_of(8) == 1u);
  BOOST_TEST(DentryArea::slots_of(9) == 2u);
  BOOST_TEST(DentryArea::slots_of(255) == 32u);
}

BOOST_AUTO_TEST_CASE(where_a_block_keeps_what) {
  // f2fs.rst: 27 bytes of bitmap, 3 spare, 214 entries of 11 bytes, 214 slots of 8 bytes of name.
  Bytes bytes(4096);
  bytes[26] = std::byte{0x20};  // slot 213
  test::patch(bytes, 30 + 213 * 11, RawDirEntry{0x11223344, 77, 8, 2});
  test::patch_bytes(bytes, 2384 + 213 * 8, as_bytes("lastslot"));
  std::vector<DentryArea::Entry> found;
  DentryArea(ByteView(bytes))
      .each([&](const auto& e) { found.push_back(e); }, [](auto, const auto&) { BOOST_ERROR("fault"); });
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].slot == 213u);
  BOOST_TEST(found[0].name == "lastslot");
  BOOST_TEST(found[0].raw.ino == 77u);
  BOOST_TEST(found[0].raw.hash_code == 0x11223344u);
  BOOST_TEST(found[0].raw.file_type == 2);
}

BOOST_AUTO_TEST_CASE(names_of_several_slots) {
  const std::string longest(255, 'x');
  BOOST_TEST(all(block({{0, 4, "12345678"}, {1, 5, "123456789"}, {3, 6, "a"}, {5, 7, longest}, {182, 8, longest}})) ==
                 (Texts{"0:12345678", "1:123456789", "3:a", "5:" + longest, "182:" + longest}),
             boost::test_tools::per_element());
  // What a name covers is not an entry, though its slots are in use.
  Bytes bytes = block({{0, 4, "123456789"}});
  test::patch(bytes, 30 + 11, RawDirEntry{0, 9, 3, 1});
  BOOST_TEST(all(bytes) == (Texts{"0:123456789"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lengths_that_cannot_be) {
  BOOST_TEST(all(block({{0, 4, "a"}, {1, 5, "none", 0, 1, true, 0}, {2, 6, "b"}})) ==
                 (Texts{"0:a", "1!an entry's name_len is 0", "2:b"}),
             boost::test_tools::per_element());
  BOOST_TEST(all(block({{0, 4, "a"}, {1, 5, "c", 0, 1, true, 256}, {100, 6, "b"}})) ==
                 (Texts{"0:a", "1!an entry's name_len is 256; the rest of the block is not read"}),
             boost::test_tools::per_element());
  BOOST_TEST(all(block({{0, 5, "c", 0, 1, true, 0xffff}})) ==
                 (Texts{"0!an entry's name_len is 65535; the rest of the block is not read"}),
             boost::test_tools::per_element());
  // One that reaches past the last slot.
  BOOST_TEST(all(block({{212, 5, std::string(16, 'e')}})) == (Texts{"212:" + std::string(16, 'e')}),
             boost::test_tools::per_element());
  BOOST_TEST(all(block({{213, 5, "12345678", 0, 1, true, 9}})) ==
                 (Texts{"213!an entry's name_len is 9; the rest of the block is not read"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bits_past_the_last_slot_have_no_meaning) {
  Bytes bytes(4096);
  bytes[26] = std::byte{0xC0};  // slots 214 and 215
  bytes[27] = std::byte{0xff};
  BOOST_TEST(all(bytes).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::f2fs
