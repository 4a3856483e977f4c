#include <boost/test/unit_test.hpp>
#include <memory>
#include <numeric>

#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/read/step_reader.hpp"
#include "core/source/memory_source.hpp"

namespace coldread::read {

namespace {

constexpr std::uint64_t kBlock = 1024;

/// A medium whose byte n is a function of n alone, so that misplaced bytes show.
Bytes medium(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 7 + i / 256 * 13 + 1) & 0xff);
  return bytes;
}

std::shared_ptr<const source::BlockSource> source_of(std::size_t size) {
  return std::make_shared<source::MemorySource>(medium(size));
}

FileMap map_of(std::vector<Extent> extents, std::uint64_t size, std::uint64_t mapped_end = 0) {
  auto map = FileMap::make(std::move(extents), size, mapped_end);
  BOOST_REQUIRE(map.has_value());
  return *map;
}

std::unique_ptr<const Reader> plain(std::shared_ptr<const source::BlockSource> source, const FileMap& map,
                                    std::uint32_t block = kBlock) {
  return std::make_unique<MapReader>(std::move(source), map, map.size(), block);
}

/// Adds one to each byte of stored units, so that each unit shows whether, and how often, the step ran over it.
class AddStep final : public Step {
 public:
  AddStep(StepKind kind, std::uint32_t unit, std::uint64_t bad_at = ~std::uint64_t{0})
      : kind_(kind), unit_(unit), bad_at_(bad_at) {}
  [[nodiscard]] StepKind kind() const override { return kind_; }
  [[nodiscard]] std::uint32_t unit() const override { return unit_; }
  void apply(Window& window) const override {
    for (const Extent& e : window.extents) {
      if (e.kind != ExtentKind::kStored) continue;
      for (std::uint64_t at = e.file_offset; at < e.file_end(); at += unit_) {
        if (window.failed(at, unit_)) continue;
        if (at == bad_at_) window.faults.push_back({{at, unit_}, kind_, "refused"});
        for (std::byte& b : window.at(at, unit_)) b = static_cast<std::byte>(static_cast<unsigned>(b) + 1);
      }
    }
  }

 private:
  StepKind kind_;
  std::uint32_t unit_;
  std::uint64_t bad_at_;
};

struct Content {
  Bytes bytes;
  std::vector<BlockFault> faults;
  std::uint64_t bad_pages = 0;
};

Content read_all(std::unique_ptr<const Reader> reader, std::uint32_t page_size) {
  const PageReader pages(std::move(reader), page_size);
  Bytes buffer(pages.window_size(), std::byte{0xee});
  Window window;
  Content content;
  BadPageCount bad(page_size, pages.size());
  for (std::uint64_t at = 0; at < pages.size(); at += pages.window_size()) {
    pages.read(at, buffer, window);
    BOOST_TEST(window.bytes.size() % page_size == 0U);
    content.bytes.insert(content.bytes.end(), window.bytes.begin(), window.bytes.end());
    content.faults.insert(content.faults.end(), window.faults.begin(), window.faults.end());
    bad.add(window.faults);
  }
  content.bad_pages = bad.count();
  return content;
}

bool equal(const Bytes& have, std::uint64_t at, const Bytes& disk, std::uint64_t from, std::uint64_t length) {
  return std::equal(have.begin() + static_cast<std::ptrdiff_t>(at),
                    have.begin() + static_cast<std::ptrdiff_t>(at + length),
                    disk.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(read_path)

BOOST_AUTO_TEST_CASE(a_map_is_total_and_refuses_overlap_and_overflow) {
  const FileMap map =
      map_of({{1024, 1024, ExtentKind::kStored, 4096}, {4096, 2048, ExtentKind::kUnwritten, 9999}}, 7000);
  const MapPiece piece = map.piece(0, 7000);
  const std::vector<Extent> expected{{0, 1024, ExtentKind::kHole, 0},
                                     {1024, 1024, ExtentKind::kStored, 4096},
                                     {2048, 2048, ExtentKind::kHole, 0},
                                     {4096, 2048, ExtentKind::kUnwritten, 0},
                                     {6144, 856, ExtentKind::kHole, 0}};
  BOOST_TEST((piece.extents == expected));
  BOOST_TEST(piece.end == 7000U);
  BOOST_TEST(map.mapped_end() == 7000U);

  const MapPiece part = map.piece(1500, 1600);
  BOOST_REQUIRE(part.extents.size() == 1);
  BOOST_TEST((part.extents[0] == Extent{1500, 100, ExtentKind::kStored, 4572}));

  BOOST_TEST(!FileMap::make({{0, 2048, ExtentKind::kStored, 0}, {1024, 1024, ExtentKind::kStored, 0}}, 1, 1));
  BOOST_TEST(!FileMap::make({{2048, 1, ExtentKind::kStored, 0}, {1024, 1024, ExtentKind::kStored, 0}}, 1, 1));
  BOOST_TEST(!FileMap::make({{~0ULL, 2, ExtentKind::kStored, 0}}, 1, 1));
  BOOST_TEST(!FileMap::make({{0, 2, ExtentKind::kStored, ~0ULL}}, 1, 1));
  BOOST_TEST(!FileMap::make({{0, 0, ExtentKind::kStored, 0}}, 1, 1));
}

BOOST_AUTO_TEST_CASE(pieces_that_lie_become_faults_of_their_own_range) {
  class Lying final : public MapSource {
   public:
    [[nodiscard]] MapPiece piece(std::uint64_t, std::uint64_t limit) const override {
      return {{{0, 2048, ExtentKind::kStored, 0},
               {1024, 2048, ExtentKind::kStored, 8192},
               {4096, 1024, ExtentKind::kStored, ~0ULL}},
              {},
              limit};
    }
  };
  const FileMap map = FileMap::make(std::make_shared<Lying>(), 8192, 8192);
  const MapPiece piece = map.piece(0, 8192);
  std::uint64_t reached = 0;
  for (const Extent& e : piece.extents) {
    BOOST_TEST(e.file_offset == reached);
    reached = e.file_end();
  }
  BOOST_TEST(reached == 8192U);
  BOOST_REQUIRE(piece.faults.size() == 2);
  BOOST_TEST((piece.faults[0].range == ByteRange{1024, 2048}));
  BOOST_TEST((piece.faults[1].range == ByteRange{4096, 4096}));
}

BOOST_AUTO_TEST_CASE(a_source_that_stands_still_is_a_fault_and_no_loop) {
  class Stuck final : public MapSource {
   public:
    [[nodiscard]] MapPiece piece(std::uint64_t offset, std::uint64_t) const override { return {{}, {}, offset}; }
  };
  const Content content = read_all(plain(source_of(0), FileMap::make(std::make_shared<Stuck>(), 5000, 5000)), 4096);
  BOOST_REQUIRE(content.faults.size() == 1);
  BOOST_TEST((content.faults[0].range == ByteRange{0, 5120}));
  BOOST_TEST((content.faults[0].step == StepKind::kMap));
}

// Every page size over every block size: a file of scattered blocks, holes and unwritten blocks in the middle of a
// page.
BOOST_AUTO_TEST_CASE(pages_are_rebuilt_from_blocks_wherever_they_lie) {
  for (std::uint32_t block = 1024; block <= 65536; block *= 2) {
    const Bytes disk = medium(16ULL * block);
    const auto source = std::make_shared<source::MemorySource>(disk);
    const std::uint64_t size = 6ULL * block + 5;
    const FileMap map = map_of({{0, block, ExtentKind::kStored, 9ULL * block},
                                {block, block, ExtentKind::kStored, 2ULL * block},
                                {3ULL * block, block, ExtentKind::kUnwritten, 4ULL * block},
                                {4ULL * block, 2ULL * block, ExtentKind::kStored, 12ULL * block},
                                {6ULL * block, block, ExtentKind::kStored, block}},
                               size);
    for (std::uint32_t page = 4096; page <= 65536; page *= 4) {
      const Content content = read_all(plain(source, map, block), page);
      BOOST_TEST(content.faults.empty());
      BOOST_REQUIRE(content.bytes.size() == (size + page - 1) / page * page);
      BOOST_TEST(equal(content.bytes, 0, disk, 9ULL * block, block));
      BOOST_TEST(equal(content.bytes, block, disk, 2ULL * block, block));
      BOOST_TEST(all_zero(ByteSpan(content.bytes).subspan(2ULL * block, 2ULL * block)));
      BOOST_TEST(equal(content.bytes, 4ULL * block, disk, 12ULL * block, 2ULL * block));
      BOOST_TEST(equal(content.bytes, 6ULL * block, disk, block, 5));
      BOOST_TEST(all_zero(ByteSpan(content.bytes).subspan(size)), "bytes past EOF in the last page are zero");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_contiguous_file_and_a_fragmented_one_read_alike) {
  const Bytes disk = medium(1 << 20);
  const auto source = std::make_shared<source::MemorySource>(disk);
  std::vector<Extent> fragments;
  for (std::uint64_t at = 0; at < 700 * kBlock; at += kBlock) {
    fragments.push_back({at, kBlock, ExtentKind::kStored, 3 * kBlock + at});
  }
  const Content whole =
      read_all(plain(source, map_of({{0, 700 * kBlock, ExtentKind::kStored, 3 * kBlock}}, 700 * kBlock)), 4096);
  const Content pieces = read_all(plain(source, map_of(std::move(fragments), 700 * kBlock)), 4096);
  BOOST_TEST((whole.bytes == pieces.bytes));
  BOOST_TEST(equal(whole.bytes, 0, disk, 3 * kBlock, 700 * kBlock));
}

BOOST_AUTO_TEST_CASE(a_run_past_the_end_of_the_medium_is_cut_there) {
  const std::uint64_t there = 10 * kBlock + 100;  // the medium ends inside of a block
  const auto source = source_of(there);
  const FileMap map = map_of({{0, 16 * kBlock, ExtentKind::kStored, 4 * kBlock}}, 16 * kBlock);
  const Content content = read_all(plain(source, map), 4096);
  BOOST_TEST(equal(content.bytes, 0, medium(there), 4 * kBlock, 6 * kBlock));
  BOOST_TEST(all_zero(ByteSpan(content.bytes).subspan(6 * kBlock)), "a block that is there in part is no content");
  BOOST_REQUIRE(content.faults.size() == 1);
  BOOST_TEST(
      (content.faults[0] == BlockFault{{6 * kBlock, 10 * kBlock}, StepKind::kRead, "past the end of the image"}));
  BOOST_TEST(content.bad_pages == 3U);
}

BOOST_AUTO_TEST_CASE(one_bad_block_never_hides_the_good_ones_of_its_page) {
  class OneBadSector final : public source::BlockSource {
   public:
    explicit OneBadSector(Bytes bytes) : inner_(std::move(bytes)) {}
    [[nodiscard]] std::uint64_t size() const override { return inner_.size(); }
    [[nodiscard]] std::vector<source::ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override {
      auto faults = inner_.read_at(offset, out);
      constexpr std::uint64_t kBad = 5 * kBlock + 512;
      if (offset <= kBad && kBad + 512 <= offset + out.size()) faults.push_back({{kBad, 512}, "the medium says no"});
      return faults;
    }

   private:
    source::MemorySource inner_;
  };
  const auto source = std::make_shared<OneBadSector>(medium(64 * kBlock));
  const FileMap map = map_of({{0, 16 * kBlock, ExtentKind::kStored, 0}}, 16 * kBlock);
  std::vector<std::unique_ptr<const Step>> steps;
  steps.push_back(std::make_unique<AddStep>(StepKind::kDecrypt, kBlock));
  const Content content = read_all(with_steps(plain(source, map), std::move(steps)), 16384);
  BOOST_REQUIRE(content.faults.size() == 1);
  BOOST_TEST((content.faults[0] == BlockFault{{5 * kBlock, kBlock}, StepKind::kRead, "the medium says no"}));
  BOOST_TEST(content.bad_pages == 1U);
  const Bytes disk = medium(64 * kBlock);
  for (std::uint64_t i = 0; i < 16 * kBlock; ++i) {
    const unsigned expected = i / kBlock == 5 ? 0U : (static_cast<unsigned>(disk[i]) + 1) & 0xffU;
    if (static_cast<unsigned>(content.bytes[i]) != expected) BOOST_FAIL("byte " << i << " is wrong");
  }
}

BOOST_AUTO_TEST_CASE(steps_run_in_order_over_stored_blocks_alone) {
  const FileMap map = map_of({{0, kBlock, ExtentKind::kStored, 0},
                              {kBlock, kBlock, ExtentKind::kUnwritten, 0},
                              {3 * kBlock, kBlock, ExtentKind::kStored, kBlock}},
                             4 * kBlock);
  std::vector<std::unique_ptr<const Step>> steps;
  steps.push_back(std::make_unique<AddStep>(StepKind::kDecrypt, kBlock, 3 * kBlock));
  steps.push_back(std::make_unique<AddStep>(StepKind::kVerity, kBlock));
  const Content content = read_all(with_steps(plain(source_of(8 * kBlock), map), std::move(steps)), 4096);
  const Bytes disk = medium(8 * kBlock);
  const auto after = [&](std::uint64_t file_at, std::uint64_t disk_at, unsigned steps_run) {
    return static_cast<unsigned>(content.bytes[file_at]) ==
           ((static_cast<unsigned>(disk[disk_at]) + steps_run) & 0xffU);
  };
  BOOST_TEST(after(0, 0, 2));
  BOOST_TEST(all_zero(ByteSpan(content.bytes).subspan(kBlock, 2 * kBlock)));
  BOOST_TEST(after(3 * kBlock, kBlock, 1), "a block that failed a step is left alone by those after it");
  BOOST_REQUIRE(content.faults.size() == 1);
  BOOST_TEST((content.faults[0].step == StepKind::kDecrypt));
}

BOOST_AUTO_TEST_CASE(without_steps_there_is_no_wrapper) {
  auto reader = plain(source_of(8 * kBlock), map_of({}, 1));
  const Reader* const before = reader.get();
  BOOST_TEST(with_steps(std::move(reader), {}).get() == before);
}

BOOST_AUTO_TEST_CASE(data_ends_at_eof_and_what_lies_past_it_has_a_reader_of_its_own) {
  const Bytes disk = medium(64 * kBlock);
  const auto source = std::make_shared<source::MemorySource>(disk);
  const FileMap map =
      map_of({{0, 2 * kBlock, ExtentKind::kStored, 0}, {4 * kBlock, 4 * kBlock, ExtentKind::kStored, 20 * kBlock}},
             kBlock + 1, 8 * kBlock);
  const Content data = read_all(plain(source, map), 8192);
  BOOST_TEST(equal(data.bytes, 0, disk, 0, kBlock + 1));
  BOOST_TEST(all_zero(ByteSpan(data.bytes).subspan(kBlock + 1)), "blocks past EOF are not data");
  const MapReader past_eof(source, map, map.mapped_end(), kBlock);
  const auto tree = read_whole(past_eof, 5 * kBlock + 3, 100);
  BOOST_REQUIRE(tree.has_value());
  BOOST_TEST(equal(*tree, 0, disk, 21 * kBlock + 3, 100));
  BOOST_TEST(read_whole(past_eof, 8 * kBlock, 10)->empty());
}

BOOST_AUTO_TEST_CASE(inline_bytes_come_from_anywhere) {
  const Bytes disk = medium(4096);
  const Content content = read_all(
      plain(source_of(4096), map_of({{0, 60, ExtentKind::kInline, 1337}, {60, 17, ExtentKind::kInline, 77}}, 77)),
      4096);
  BOOST_TEST(equal(content.bytes, 0, disk, 1337, 60));
  BOOST_TEST(equal(content.bytes, 60, disk, 77, 17));
  BOOST_TEST(all_zero(ByteSpan(content.bytes).subspan(77)));
}

BOOST_AUTO_TEST_CASE(faults_are_sorted_and_joined_where_they_agree) {
  std::vector<BlockFault> faults{{{8192, 1024}, StepKind::kRead, "a"},
                                 {{0, 1024}, StepKind::kRead, "a"},
                                 {{1024, 1024}, StepKind::kRead, "a"},
                                 {{2048, 1024}, StepKind::kVerity, "b"}};
  sort_and_merge(faults);
  const std::vector<BlockFault> expected{
      {{0, 2048}, StepKind::kRead, "a"}, {{2048, 1024}, StepKind::kVerity, "b"}, {{8192, 1024}, StepKind::kRead, "a"}};
  BOOST_TEST((faults == expected));
  BadPageCount bad(4096, 8193);
  bad.add(faults);
  BOOST_TEST(bad.count() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::read
