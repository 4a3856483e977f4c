#include "core/extract/file_runs.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>

#include "core/report/json.hpp"
#include "core/source/memory_source.hpp"

namespace coldread::extract {
namespace {

using read::Extent;
using read::ExtentKind;

constexpr std::uint64_t kBlock = 4096;
constexpr read::Compression kCompression{read::CompressionAlgorithm::kLz4, 4 * kBlock, false};

/// Gives one extent at a time, as a map may.
class OneByOne final : public read::MapSource {
 public:
  explicit OneByOne(std::vector<Extent> extents) : extents_(std::move(extents)) {}
  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override {
    for (const Extent& e : extents_) {
      if (offset < e.file_offset) return {{}, {}, std::min(limit, e.file_offset)};
      if (offset < e.file_end()) return {{e}, {}, std::min(limit, e.file_end())};
    }
    return {{}, {}, limit};
  }

 private:
  std::vector<Extent> extents_;
};

std::string runs_json(const std::vector<Extent>& extents, std::uint64_t size) {
  const source::MemorySource source(Bytes(1), source::Medium::kImage);
  std::string text;
  const auto known = read::FileMap::make(extents, size, size).value();
  for (const report::Run& run : file_runs(known, size, source, kCompression))
    text += report::to_json(run).dump() + "\n";
  const auto pieces = read::FileMap::make(std::make_shared<OneByOne>(extents), size, size);
  std::string other;
  for (const report::Run& run : file_runs(pieces, size, source, kCompression)) {
    other += report::to_json(run).dump() + "\n";
  }
  BOOST_TEST(other == text);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_runs_test)

BOOST_AUTO_TEST_CASE(a_compressed_cluster_is_one_run_of_its_content) {
  // A hole, a compressed cluster in three blocks of two places, a plain one, a compressed one that EOF is in.
  const std::vector<Extent> extents{{20480, 8192, ExtentKind::kCompressed, 81920},
                                    {28672, 4096, ExtentKind::kCompressed, 4096},
                                    {32768, 16384, ExtentKind::kStored, 409600},
                                    {53248, 4096, ExtentKind::kCompressed, 12288},
                                    {57344, 4096, ExtentKind::kCompressed, 16384}};
  BOOST_TEST(runs_json(extents, 49152 + 100) ==
             R"({"offset":0,"length":16384,"image_offset":null,"kind":"hole"}
{"offset":16384,"length":16384,"image_offset":null,"kind":"compressed","stored":[[81920,8192],[4096,4096]]}
{"offset":32768,"length":16384,"image_offset":409600,"kind":"stored"}
{"offset":49152,"length":100,"image_offset":null,"kind":"compressed","stored":[[12288,8192]]}
)");
}

BOOST_AUTO_TEST_CASE(neighbours_are_runs_of_their_own) {
  const std::vector<Extent> extents{{4096, 4096, ExtentKind::kCompressed, 4096},
                                    {20480, 4096, ExtentKind::kCompressed, 8192}};
  BOOST_TEST(runs_json(extents, 40000) ==
             R"({"offset":0,"length":16384,"image_offset":null,"kind":"compressed","stored":[[4096,4096]]}
{"offset":16384,"length":16384,"image_offset":null,"kind":"compressed","stored":[[8192,4096]]}
{"offset":32768,"length":7232,"image_offset":null,"kind":"hole"}
)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::extract
