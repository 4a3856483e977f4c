#include "core/extract/page_table.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/extract/refused_pages.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/step_reader.hpp"
#include "core/source/memory_source.hpp"

namespace coldread::extract {
namespace {

using read::Extent;
using read::ExtentKind;
using read::StepKind;

constexpr std::uint64_t kBlock = 1024;

/// Finds fault with some blocks, and refuses others whose data is proven.
class FakeStep final : public read::Step {
 public:
  FakeStep(std::vector<read::BlockFault> faults, std::vector<read::BlockFault> refused)
      : faults_(std::move(faults)), refused_(std::move(refused)) {}
  [[nodiscard]] StepKind kind() const override { return StepKind::kVerity; }
  [[nodiscard]] std::uint32_t unit() const override { return kBlock; }
  void apply(read::Window& window) const override {
    const auto add = [&window](const std::vector<read::BlockFault>& from, std::vector<read::BlockFault>& to) {
      for (const read::BlockFault& f : from) {
        if (f.range.offset >= window.offset && f.range.offset < window.end()) to.push_back(f);
      }
    };
    add(faults_, window.faults);
    add(refused_, window.refused);
  }

 private:
  std::vector<read::BlockFault> faults_;
  std::vector<read::BlockFault> refused_;
};

read::BlockFault at(std::uint64_t block, StepKind step = StepKind::kVerity, std::uint64_t blocks = 1) {
  return {{block * kBlock, blocks * kBlock}, step, "no " + std::to_string(block)};
}

struct Case {
  std::vector<Extent> extents;
  std::uint64_t size = 0;
  std::vector<read::BlockFault> faults = {};
  std::vector<read::BlockFault> refused = {};
  std::uint32_t page_size = 4096;
  bool encrypted = false;
  bool verity = true;

  [[nodiscard]] std::pair<std::vector<PageRow>, RefusedPageList> read() const {
    const auto source = std::make_shared<source::MemorySource>(Bytes(1 << 20), source::Medium::kImage);
    ContentPlan plan;
    plan.map = read::FileMap::make(extents, size, size).value();
    std::vector<std::unique_ptr<const read::Step>> steps;
    steps.push_back(std::make_unique<FakeStep>(faults, refused));
    plan.reader = std::make_unique<read::PageReader>(
        read::with_steps(std::make_unique<read::MapReader>(source, *plan.map, size, kBlock), std::move(steps)),
        page_size);
    if (verity) plan.verity.emplace();
    std::vector<PageRow> rows;
    RefusedPageList list(kBlock);
    const std::optional<read::Compression> compression;
    BOOST_TEST(PageTable(plan, *source, kBlock, compression, encrypted).read([&](const PageRow& row) {
      list.add(row);
      rows.push_back(row);
      return true;
    }));
    return {std::move(rows), std::move(list)};
  }
};

/// "0+4 stored read,verity [0+8]", a line a run; blocks.
std::string text(const PageRow& row) {
  std::string all;
  for (const PageRun& run : row.runs) {
    std::string line = std::to_string(run.offset / kBlock) + "+" + std::to_string(run.length / kBlock) + " " +
                       std::string(read::to_string(run.kind));
    for (const StepKind step : run.steps) line += " " + std::string(read::to_string(step));
    if (run.piece) {
      line +=
          " [" + std::to_string(run.piece->offset / kBlock) + "+" + std::to_string(run.piece->length / kBlock) + "]";
    }
    if (run.failed) line += " FAILED " + std::string(read::to_string(run.failed->step)) + " " + run.failed->reason;
    if (run.refused) line += " REFUSED " + run.refused->reason;
    all += line + "\n";
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page_table_test)

BOOST_AUTO_TEST_CASE(runs_are_blocks_that_lie_together_within_a_page) {
  // Two places, then a hole: the first goes over the page's end, the second is its own read.
  const auto [rows, list] =
      Case{{{0, 6 * kBlock, ExtentKind::kStored, 64 * kBlock}, {6 * kBlock, kBlock, ExtentKind::kStored, 90 * kBlock}},
           11 * kBlock + 5}
          .read();
  BOOST_REQUIRE(rows.size() == 3U);
  BOOST_TEST(text(rows[0]) == "0+4 stored read verity [0+6]\n");
  BOOST_TEST(text(rows[1]) == "4+2 stored read verity [0+6]\n6+1 stored read verity [6+1]\n7+1 hole verity\n");
  BOOST_TEST(text(rows[2]) == "8+4 hole verity\n", "what is behind EOF in its last block goes along");
  BOOST_TEST(rows[1].runs[1].placement->offset == 90U * kBlock);
  BOOST_TEST(rows[1].offset == 4096U);
  BOOST_TEST(list.total() == 3U);
  BOOST_TEST(list.bad() + list.refused() == 0U);
  BOOST_TEST(list.pages().empty());
}

BOOST_AUTO_TEST_CASE(extents_that_go_on_from_each_other_are_one_piece) {
  const auto [rows, list] = Case{{{0, 2 * kBlock, ExtentKind::kStored, 8 * kBlock},
                                  {2 * kBlock, 2 * kBlock, ExtentKind::kStored, 10 * kBlock}},
                                 4 * kBlock}
                                .read();
  BOOST_TEST(text(rows.at(0)) == "0+4 stored read verity [0+4]\n");
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_ends_the_steps_of_its_blocks_alone) {
  const auto [rows, list] =
      Case{{{0, 4 * kBlock, ExtentKind::kStored, 0}}, 4 * kBlock, {at(1, StepKind::kDecrypt), at(2)}, {}, 4096, true}
          .read();
  BOOST_TEST(text(rows.at(0)) ==
             "0+1 stored read decrypt verity [0+4]\n"
             "1+1 stored read decrypt [0+4] FAILED decrypt no 1\n"
             "2+1 stored read decrypt verity [0+4] FAILED verity no 2\n"
             "3+1 stored read decrypt verity [0+4]\n");
  BOOST_TEST((rows[0].bad() && !rows[0].refused()));
  BOOST_REQUIRE(list.pages().size() == 1U);
  const std::vector<RefusedBlocks> wanted{{1, 1, StepKind::kDecrypt, false}, {2, 2, StepKind::kVerity, false}};
  BOOST_TEST((list.pages()[0].blocks == wanted));
}

BOOST_AUTO_TEST_CASE(proven_data_that_a_kernel_refuses_is_told_apart) {
  // Page 0 whole, page 1 refused, page 2 refused and bad.
  const auto [rows, list] =
      Case{{{0, 12 * kBlock, ExtentKind::kStored, 0}}, 12 * kBlock, {at(9)}, {at(5), at(10, StepKind::kVerity, 2)}}
          .read();
  BOOST_REQUIRE(rows.size() == 3U);
  BOOST_TEST((!rows[0].bad() && !rows[0].refused()));
  BOOST_TEST((!rows[1].bad() && rows[1].refused()));
  BOOST_TEST((rows[2].bad() && !rows[2].refused()));
  BOOST_TEST(
      text(rows[1]) ==
      "4+1 stored read verity [0+12]\n5+1 stored read verity [0+12] REFUSED no 5\n6+2 stored read verity [0+12]\n");
  BOOST_TEST(list.bad() == 1U);
  BOOST_TEST(list.refused() == 1U);
  BOOST_REQUIRE(list.pages().size() == 2U);
  const RefusedPages first{1, 1, {{5, 5, StepKind::kVerity, true}}};
  const RefusedPages second{2, 2, {{9, 9, StepKind::kVerity, false}, {10, 11, StepKind::kVerity, true}}};
  BOOST_TEST((list.pages()[0] == first));
  BOOST_TEST((list.pages()[1] == second));
}

BOOST_AUTO_TEST_CASE(pages_that_fail_alike_are_told_together) {
  const auto [rows, list] = Case{
      {{0, 40 * kBlock, ExtentKind::kStored, 0}},
      40 * kBlock,
      {at(4, StepKind::kVerity, 8), at(13), at(16, StepKind::kRead), at(24),
       at(39)}}.read();
  BOOST_TEST(list.bad() == 6U);
  BOOST_REQUIRE(list.pages().size() == 4U);
  const RefusedPages alike{1, 3, {{4, 11, StepKind::kVerity, false}, {13, 13, StepKind::kVerity, false}}};
  BOOST_TEST((list.pages()[0] == alike));
  BOOST_TEST((list.pages()[1] == RefusedPages{4, 4, {{16, 16, StepKind::kRead, false}}}));
  BOOST_TEST((list.pages()[2] == RefusedPages{6, 6, {{24, 24, StepKind::kVerity, false}}}));
  BOOST_TEST((list.pages()[3] == RefusedPages{9, 9, {{39, 39, StepKind::kVerity, false}}}));
}

BOOST_AUTO_TEST_CASE(a_line_of_pages_has_an_end) {
  Case it{{{0, 200 * kBlock, ExtentKind::kStored, 0}}, 200 * kBlock};
  for (std::uint64_t page = 0; page < 50; ++page) it.faults.push_back(at(page * 4));
  const auto [rows, list] = it.read();
  BOOST_TEST(list.bad() == 50U);
  BOOST_REQUIRE(list.pages().size() == 7U);
  std::uint64_t pages = 0;
  for (const RefusedPages& alike : list.pages()) {
    BOOST_TEST(alike.blocks.size() <= 8U);
    BOOST_TEST(alike.blocks.size() == alike.last - alike.first + 1);
    pages += alike.last - alike.first + 1;
  }
  BOOST_TEST(pages == 50U);
}

BOOST_AUTO_TEST_CASE(no_piece_goes_over_a_window) {
  Case it{{{0, 600 * kBlock, ExtentKind::kStored, 0}}, 600 * kBlock};
  it.page_size = 65536;
  it.verity = false;
  const auto [rows, list] = it.read();
  BOOST_REQUIRE(rows.size() == 10U);
  BOOST_TEST(text(rows[7]) == "448+64 stored read [0+512]\n");
  BOOST_TEST(text(rows[8]) == "512+64 stored read [512+88]\n");
  BOOST_TEST(text(rows[9]) == "576+24 stored read [512+88]\n600+40 hole\n");
}

BOOST_AUTO_TEST_CASE(it_ends_when_it_is_told_to) {
  const auto source = std::make_shared<source::MemorySource>(Bytes(1 << 20), source::Medium::kImage);
  ContentPlan plan;
  plan.map = read::FileMap::make({{0, 8192, ExtentKind::kStored, 0}}, 8192, 8192).value();
  plan.reader =
      std::make_unique<read::PageReader>(std::make_unique<read::MapReader>(source, *plan.map, 8192, kBlock), 4096);
  int rows = 0;
  const std::optional<read::Compression> compression;
  BOOST_TEST(!PageTable(plan, *source, kBlock, compression, false).read([&](const PageRow&) { return ++rows < 1; }));
  BOOST_TEST(rows == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
