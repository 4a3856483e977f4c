#include "cli/page_printer.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "cli/page_map.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/step_reader.hpp"
#include "tests/unit/core/extract/fake_volume.hpp"

namespace coldread::cli {
namespace {

constexpr std::uint64_t kBlock = 1024;

/// Fails block 2, and refuses blocks 4 to 9 and 12, whose data is proven.
class FakeVerity final : public read::Step {
 public:
  [[nodiscard]] read::StepKind kind() const override { return read::StepKind::kVerity; }
  [[nodiscard]] std::uint32_t unit() const override { return kBlock; }
  void apply(read::Window& window) const override {
    window.faults.push_back({{2 * kBlock, kBlock}, kind(), "is wrong"});
    window.refused.push_back({{4 * kBlock, 6 * kBlock}, kind(), "its tree block is wrong"});
    window.refused.push_back({{12 * kBlock, kBlock}, kind(), "its tree block is wrong"});
  }
};

/// A verity file of 16 blocks.
struct File {
  File() {
    const auto volume = std::make_shared<test::FakeVolume>(1 << 20);
    volume->facts_to_set().block_size = kBlock;
    auto& inode = volume->add(12, volume::FileType::kFile);
    inode.facts.size = 16 * kBlock;
    inode.extents = {{0, 16 * kBlock, read::ExtentKind::kStored, 100 * kBlock}};
    found.volume = volume;
    at.found = &found;
    at.item.path = "a<b>\xff";
    at.item.number = InodeNumber{12};
    at.item.inode = volume->inode(InodeNumber{12}).value();
    plan.map = at.item.inode->map().value();
    plan.verity.emplace().descriptor.emplace();
    std::vector<std::unique_ptr<const read::Step>> steps;
    steps.push_back(std::make_unique<FakeVerity>());
    plan.reader = std::make_unique<read::PageReader>(
        read::with_steps(std::make_unique<read::MapReader>(volume->source(), *plan.map, 16 * kBlock, kBlock),
                         std::move(steps)),
        4096);
  }

  fs::Found found;
  OnePath at;
  extract::ContentPlan plan;
  std::atomic<bool> interrupt{false};
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Io io{in, out, err, false, false, interrupt};

  std::string told(PagePrinter& printer) {
    extract::RefusedPageList list(kBlock);
    printer.begin();
    extract::PageTable(plan, *found.volume->source(), kBlock, at.item.inode->facts().compression, false)
        .read([&](const extract::PageRow& row) {
          list.add(row);
          printer.row(row);
          add_row(map, row, at);
          return true;
        });
    printer.end(list, true);
    svg = svg_file(map, list, at, plan);
    return out.str();
  }

  report::BlockMap map{16 * kBlock, kBlock, 4096};
  std::string svg;
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(page_printer_test, File)

BOOST_AUTO_TEST_CASE(text_tells_proven_data_that_a_kernel_refuses) {
  const auto printer = text_printer(at, plan, io);
  const std::string refused = " REFUSED at verity: its tree block is wrong (data proven)";
  BOOST_TEST(told(*printer) ==
             "/a<b>\xff: inode 12, 16384 bytes, 4 pages of 4096, blocks of 1024\n"
             "    page        offset  state       blocks of the file -> of the filesystem\n"
             "       0             0  EIO         0-1 -> 100-101 (read 0-15, verity); 2 -> 102 (read 0-15, verity) "
             "FAILED at verity: is wrong; 3 -> 103 (read 0-15, verity)\n"
             "       1          4096  EIO         4-7 -> 104-107 (read 0-15, verity)" +
                 refused +
                 "\n"
                 "       2          8192  EIO         8-9 -> 108-109 (read 0-15, verity)" +
                 refused +
                 "; 10-11 -> 110-111 (read 0-15, verity)\n"
                 "       3         12288  EIO         12 -> 112 (read 0-15, verity)" +
                 refused +
                 "; 13-15 -> 113-115 (read 0-15, verity)\n"
                 "4 pages, 1 bad\n"
                 "page 0: EIO (block 2: verity)\n"
                 "pages 1-3: EIO (blocks 4-9, 12: verity, data proven)\n"
                 "a kernel refuses 3 pages although their data is proven\n");
}

BOOST_AUTO_TEST_CASE(json_has_it_beside_what_failed) {
  const auto printer = json_printer(at, plan, io);
  const std::string text = told(*printer);
  BOOST_TEST(holds(text, R"({"page":1,"offset":4096,"up_to_date":false,"blocks":[{"offset":4096,"length":4096,)"
                         R"("kind":"stored","image_offset":106496,"steps":["read","verity"],)"
                         R"("read":{"offset":0,"length":16384},)"
                         R"("refused":{"step":"verity","reason":"its tree block is wrong"}}]},)"),
             text);
  BOOST_TEST(text.ends_with("],\"total\":4,\"bad\":1,\"refused\":3}\n"), text);
}

BOOST_AUTO_TEST_CASE(the_map_shows_it_in_a_look_of_its_own) {
  const auto printer = json_printer(at, plan, io);
  BOOST_TEST(!told(*printer).empty());
  BOOST_TEST(holds(svg, "<title>/a&lt;b&gt;\\xff</title>"));
  BOOST_TEST(holds(svg, ">4 pages, 1 bad, 3 more refused by a kernel although their data is proven<"), svg);
  BOOST_TEST((map.cells()[2].failed && !map.cells()[2].refused));
  BOOST_TEST((map.cells()[4].refused && !map.cells()[4].failed && !map.cells()[4].verified));
  BOOST_TEST((map.cells()[10].verified && !map.cells()[10].refused));
  BOOST_TEST(holds(svg, "Proven, but a kernel refuses it: verity: its tree block is wrong</title>"));
}

BOOST_AUTO_TEST_CASE(a_malformed_descriptor_is_told_instead_of_pages) {
  plan.verity->descriptor.reset();
  plan.verity->malformed = "the version is 7";
  const auto printer = text_printer(at, plan, io);
  const std::string text = told(*printer);
  BOOST_TEST(text.ends_with("4 pages, 1 bad\nfs-verity: the version is 7\na kernel refuses to open it\n"), text);
  BOOST_TEST(holds(svg, ">fs-verity: the version is 7; a kernel refuses to open it<"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::cli
