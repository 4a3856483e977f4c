#include "core/report/block_map.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/report/xml_text.hpp"

namespace coldread::report {
namespace {

constexpr std::uint64_t kBlock = 4096;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

/// The cells that are drawn in a look.
std::size_t cells(const std::string& svg, const std::string& look) {
  const std::size_t begin = svg.find("<g class=\"cells-" + look + "\"");
  if (begin == std::string::npos) return 0;
  const std::string group = svg.substr(begin, svg.find("</g>", begin) - begin);
  std::size_t found = 0;
  for (std::size_t at = group.find("d=\""); at != std::string::npos; at = group.find("d=\"", at + 1)) {
    found += count(group.substr(at, group.find('"', at + 3) - at), "M");
  }
  return found;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BlockRange range(std::uint64_t first, std::uint64_t blocks, BlockKind kind) {
  BlockRange made;
  made.offset = first * kBlock;
  made.length = blocks * kBlock;
  made.kind = kind;
  return made;
}

BlockRange fault(std::uint64_t first, std::uint64_t blocks, const std::string& reason) {
  BlockRange made = range(first, blocks, BlockKind::kUntold);
  made.failed = true;
  made.reason = reason;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_map_test)

BOOST_AUTO_TEST_CASE(kinds_have_the_words_of_runs) {
  for (const char* word : {"hole", "unwritten", "inline", "stored", "compressed"}) {
    BOOST_TEST(to_string(block_kind(word)) == word);
  }
  BOOST_TEST((block_kind("else") == BlockKind::kUntold));
}

BOOST_AUTO_TEST_CASE(a_cell_is_a_block_and_ranges_add_up) {
  BlockMap map(10 * kBlock - 100, kBlock, kBlock);
  BOOST_TEST(map.cells().size() == 10U);
  BOOST_TEST(map.blocks_per_cell() == 1U);
  BlockRange stored = range(0, 6, BlockKind::kStored);
  stored.verified = true;
  stored.encrypted = true;
  stored.image_offset = 1'000'000;
  map.add(stored);
  map.add(range(6, 100, BlockKind::kHole));
  map.add(fault(3, 2, "verity: wrong"));
  const BlockCell& good = map.cells()[2];
  BOOST_TEST((good.kind == BlockKind::kStored && good.encrypted && good.verified && !good.failed));
  BOOST_TEST(good.image_offset.value() == 1'000'000U + 2 * kBlock);
  const BlockCell& bad = map.cells()[4];
  BOOST_TEST((bad.kind == BlockKind::kStored && bad.failed));
  BOOST_TEST(bad.reason == "verity: wrong");
  BOOST_TEST(bad.fault_offset == 4 * kBlock);
  BOOST_TEST(bad.image_offset.value() == 1'000'000U + 4 * kBlock);
  BOOST_TEST((map.cells()[9].kind == BlockKind::kHole && !map.cells()[9].verified));
  BOOST_TEST(!map.cells()[5].failed);
}

BOOST_AUTO_TEST_CASE(a_large_file_has_few_cells_and_none_hides_a_fault) {
  constexpr std::uint64_t kSize = std::uint64_t{1} << 50;
  BlockMap map(kSize, kBlock, 65536);
  BOOST_TEST(map.cells().size() == BlockMap::kMostCells);
  BOOST_TEST(map.blocks_per_cell() == kSize / kBlock / BlockMap::kMostCells);
  map.add({0, kSize, BlockKind::kHole});
  map.add(range(77, 1, BlockKind::kStored));
  map.add(fault(kSize / kBlock - 1, 1, "read: gone"));
  BOOST_TEST((map.cells()[0].kind == BlockKind::kStored));
  BOOST_TEST((map.cells()[1].kind == BlockKind::kHole));
  BOOST_TEST(map.cells().back().failed);
  BOOST_TEST(!map.cells()[map.cells().size() - 2].failed);
  const std::string svg = to_svg(map);
  BOOST_TEST(svg.size() < 1U << 20);
  BOOST_TEST(cells(svg, "failed") == 1U);
  BOOST_TEST(cells(svg, "stored") == 1U);
  BOOST_TEST(cells(svg, "hole") == BlockMap::kMostCells - 2);
  BOOST_TEST(holds(svg, "FAILED, first at block " + std::to_string(kSize / kBlock - 1) + ": read: gone"));
  BOOST_TEST(holds(svg, "A cell is 16777216 blocks of 4096 bytes"));
  BOOST_TEST(holds(svg, "class=\"flags\""), "so small a cell is pointed at");
}

BOOST_AUTO_TEST_CASE(a_cell_of_several_blocks_is_a_page_rather_than_part_of_one) {
  constexpr std::uint64_t kSize = 300 << 20;
  BOOST_TEST(BlockMap(kSize, kBlock, kBlock).blocks_per_cell() == 8U);
  BOOST_TEST(BlockMap(kSize, kBlock, 65536).blocks_per_cell() == 16U);
  BOOST_TEST(BlockMap(kSize / 8, kBlock, 65536).blocks_per_cell() == 1U);
  BOOST_TEST(BlockMap(32 << 20, 1024, 65536).blocks_per_cell() == 2U, "which would be too coarse");
}

BOOST_AUTO_TEST_CASE(only_a_cell_that_is_verified_whole_says_so) {
  BlockMap map(4 * kBlock, kBlock, kBlock, 2);
  BOOST_TEST(map.cells().size() == 2U);
  BlockRange verified = range(0, 3, BlockKind::kStored);
  verified.verified = true;
  map.add(verified);
  map.add(range(3, 1, BlockKind::kStored));
  BOOST_TEST(map.cells()[0].verified);
  BOOST_TEST(!map.cells()[1].verified);
}

BOOST_AUTO_TEST_CASE(sizes_at_the_end_of_numbers_are_bounded_too) {
  BlockMap map(~std::uint64_t{0}, 1024, 65536);
  BOOST_TEST(map.cells().size() <= BlockMap::kMostCells);
  map.add({~std::uint64_t{0} - 5, 100, BlockKind::kStored});
  BOOST_TEST((map.cells().back().kind == BlockKind::kStored));
  BOOST_TEST(to_svg(map).size() < 1U << 20);
  BlockMap empty(0, kBlock, kBlock);
  empty.add(range(0, 1, BlockKind::kStored));
  BOOST_TEST(empty.cells().empty());
  BOOST_TEST(holds(to_svg(empty), "The file is empty"));
}

BOOST_AUTO_TEST_CASE(long_words_are_cut) {
  BlockMap map(BlockMap::kMostCells * kBlock, kBlock, kBlock);
  BlockRange long_one = fault(0, BlockMap::kMostCells, std::string(100'000, 'r'));
  long_one.place = std::string(100'000, 'p');
  map.add(long_one);
  BOOST_TEST(map.cells()[7].reason == std::string(200, 'r') + "...");
  BOOST_TEST(map.cells()[7].place == std::string(200, 'p') + "...");
  BOOST_TEST(to_svg(map).size() < 12U << 20);
}

BOOST_AUTO_TEST_CASE(each_look_is_drawn_and_in_the_legend) {
  std::vector<BlockRange> ranges{range(0, 2, BlockKind::kStored), range(2, 3, BlockKind::kHole),
                                 range(5, 1, BlockKind::kUnwritten), range(6, 4, BlockKind::kCompressed),
                                 range(10, 1, BlockKind::kInline)};
  ranges[3].encrypted = true;
  ranges[4].verified = true;
  ranges.push_back(fault(7, 1, "decompress: no"));
  BlockRange refused = range(9, 1, BlockKind::kUntold);
  refused.refused = true;
  refused.reason = "verity: its tree block is wrong";
  ranges.push_back(refused);
  const std::string svg = block_map_svg(ranges, 12 * kBlock, kBlock, 4 * kBlock);
  BOOST_TEST(cells(svg, "stored") == 2U);
  BOOST_TEST(cells(svg, "hole") == 3U);
  BOOST_TEST(cells(svg, "unwritten") == 1U);
  BOOST_TEST(cells(svg, "compressed") == 2U);
  BOOST_TEST(cells(svg, "inline") == 1U);
  BOOST_TEST(cells(svg, "failed") == 1U);
  BOOST_TEST(cells(svg, "refused") == 1U);
  BOOST_TEST(cells(svg, "untold") == 1U);
  for (const char* words : {">stored<", ">hole (zeros)<", ">unwritten (zeros)<", ">compressed<",
                            ">inline, in metadata<", ">failed<", ">proven, but a kernel refuses it<", ">data<",
                            ">encrypted<", ">verified by fs-verity<", ">page<", ">page that a kernel refuses (EIO)<"}) {
    BOOST_TEST(count(svg, words) == 1U, words);
  }
  BOOST_TEST(
      holds(svg, "<title>block 7 (bytes 28672 to 32767): compressed, encrypted. FAILED: decompress: no</title>"));
  BOOST_TEST(holds(svg, "Proven, but a kernel refuses it: verity: its tree block is wrong"));
  // Pages 0 (whole), 1 and 2 (refused): one outline each.
  const auto outlines = [&](const std::string& name) {
    const std::size_t at = svg.find("<path class=\"" + name + "\"");
    return at == std::string::npos ? 0 : count(svg.substr(at, svg.find("/>", at) - at), "z");
  };
  BOOST_TEST(outlines("pages") == 1U);
  BOOST_TEST(outlines("pages-refused") == 2U);
}

BOOST_AUTO_TEST_CASE(pages_are_outlined_whatever_their_size) {
  const auto drawn = [](std::uint32_t block, std::uint32_t page) {
    return block_map_svg({{0, 1 << 20, BlockKind::kStored}}, 1 << 20, block, page);
  };
  const std::string many = drawn(1024, 65536);
  const std::size_t at = many.find("class=\"pages\"");
  BOOST_REQUIRE(at != std::string::npos);
  BOOST_TEST(count(many.substr(at, many.find("/>", at) - at), "z") == 16U);
  BOOST_TEST(holds(many, "A cell is a block of 1024 bytes, a page is 65536 bytes."));
  BOOST_TEST(holds(drawn(4096, 4096), "A cell is a block of 4096 bytes, and a page."));
  BOOST_TEST(holds(drawn(65536, 4096), "A cell is a block of 65536 bytes, 16 pages of 4096."));
}

BOOST_AUTO_TEST_CASE(any_bytes_make_well_formed_text) {
  BOOST_TEST(xml_text("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  BOOST_TEST(xml_text(std::string("\x00\x1b\n\xff\x7f", 5)) == "\\x00\\x1b\\n\\xff\\x7f");
  BOOST_TEST(xml_text("\xEF\xBF\xBE\xEF\xBF\xBF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  BOOST_TEST(xml_text("\xED\xA0\x80") == "\\xed\\xa0\\x80");
  const std::string svg = block_map_svg({fault(0, 1, "a reason with ]]> & \x01 in it")}, 10, kBlock, kBlock, kMapWidth,
                                        {"/<dir>/\xff\xfe", "x\n"});
  BOOST_TEST(holds(svg, "<title>/&lt;dir&gt;/\\xff\\xfe</title>"));
  BOOST_TEST(holds(svg, "a reason with ]]&gt; &amp; \\x01 in it"));
}

BOOST_AUTO_TEST_CASE(a_long_path_is_cut_to_the_width_and_told_whole) {
  const std::string path = "/" + std::string(4000, 'd') + "/the end";
  const std::string svg = block_map_svg({}, kBlock, kBlock, kBlock, 400, {path});
  BOOST_TEST(holds(svg, "<title>" + path + "</title>"));
  BOOST_TEST(holds(svg, "d/the end</text>"));
  BOOST_TEST(count(svg, path) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
