#include "core/extract/verity_plan.hpp"

#include <boost/test/unit_test.hpp>

#include "core/extract/content.hpp"
#include "core/read/map_reader.hpp"
#include "tests/unit/core/extract/fake_volume.hpp"
#include "tests/unit/core/verity/verity_file.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::HashAlgorithm;

BOOST_AUTO_TEST_SUITE(verity_plan)

namespace {

constexpr std::uint32_t kBlock = 4096;

/// A verity file of 10 data blocks and a tree of one on a volume of its own: its data, its tree at 65536, its
/// descriptor at 69632, and the end of its mapping at 73728.
struct File {
  verity::VerityFile verity{HashAlgorithm::kSha256, 1024, Bytes(8, std::byte{3}), verity::pattern(10000)};
  Bytes bytes = Bytes(73728);
  volume::VerityLocation location{65536, 4096, 69632, verity::kDescriptorSize, kBlock, 73724};

  std::vector<read::Extent> extents{{0, 12288, read::ExtentKind::kStored, 0},
                                    {65536, 8192, read::ExtentKind::kStored, 65536}};

  File() {
    std::copy(verity.stored.begin(), verity.stored.end(), bytes.begin());
    put(69632);
  }
  void put(std::size_t at) {
    const Bytes descriptor = verity::encode(verity.descriptor);
    std::copy(descriptor.begin(), descriptor.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void put_into(test::FakeVolume& volume) const {
    volume.facts_to_set().block_size = kBlock;
    volume.bytes().put(0, bytes);
    test::FakeInode& inode = volume.add(12, volume::FileType::kFile);
    inode.facts.size = 10000;
    inode.facts.verity = true;
    inode.extents = extents;
    inode.verity = location;
  }
  [[nodiscard]] extract::VerityPlan plan() const {
    test::FakeVolume volume(bytes.size());
    put_into(volume);
    auto plan = extract::plan_content(volume, *volume.inode(InodeNumber{12}).value(), nullptr, 4096);
    plan.verity->step = nullptr;  // it goes with the reader
    return std::move(*plan.verity);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_as_kernels_make_it_has_no_findings) {
  const extract::VerityPlan plan = File().plan();
  BOOST_REQUIRE(plan.descriptor);
  BOOST_TEST(plan.findings.empty());
  BOOST_TEST(!plan.refused_at_end);
}

BOOST_AUTO_TEST_CASE(bytes_that_no_hash_covers_are_told) {
  const auto finding = [](std::size_t at) {
    File file;
    file.bytes[at] = std::byte{1};
    const extract::VerityPlan plan = file.plan();
    BOOST_TEST(plan.descriptor.has_value());
    BOOST_TEST(plan.refused_at_end == (at < 12288));
    return plan.findings;
  };
  const std::string told = "bytes that no hash covers are stored at file offset ";
  BOOST_TEST(finding(10240) == Findings{told + "10240, between the file and its Merkle tree"});
  BOOST_TEST(finding(12287) == Findings{told + "12287, between the file and its Merkle tree"});
  BOOST_TEST(finding(66560) == Findings{told + "66560, between the Merkle tree and the descriptor"});
  BOOST_TEST(finding(69631) == Findings{told + "69631, between the Merkle tree and the descriptor"});
  BOOST_TEST(finding(69888) == Findings{told + "69888, behind the descriptor"});
  BOOST_TEST(finding(73723) == Findings{told + "73723, behind the descriptor"});
  // ext4 keeps the descriptor's length there, and past the last hash a tree block is hashed.
  BOOST_TEST(finding(73724).empty());
  BOOST_TEST(finding(66559).empty());
}

BOOST_AUTO_TEST_CASE(blocks_behind_the_end_of_the_mapping_are_told) {
  class Pieces final : public read::MapSource {
   public:
    explicit Pieces(std::vector<read::Extent> extents) : extents_(std::move(extents)) {}
    [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override {
      read::MapPiece found{{}, {}, limit};
      for (const read::Extent& extent : extents_) {
        if (extent.file_offset < limit && offset < extent.file_end()) found.extents.push_back(extent);
      }
      return found;
    }

   private:
    std::vector<read::Extent> extents_;
  };
  const File file;
  const auto findings = [&](read::ExtentKind kind) {
    auto extents = file.extents;
    extents.push_back({1 << 30, kBlock, kind, kind == read::ExtentKind::kStored ? 4096u : 0u});
    const auto map = read::FileMap::make(std::make_shared<Pieces>(extents), 10000, 73728);
    test::FakeVolume volume(file.bytes.size());
    file.put_into(volume);
    extract::VerityPlan plan;
    (void)extract::plan_verity(*volume.inode(InodeNumber{12}).value(), map, kBlock,
                               std::make_unique<read::MapReader>(volume.source(), map, 73728, kBlock), plan);
    return plan.findings;
  };
  BOOST_TEST(findings(read::ExtentKind::kUnwritten).empty());
  BOOST_TEST(findings(read::ExtentKind::kStored) ==
             Findings{"blocks that nothing covers are mapped behind the descriptor, from file offset 1073741824"});
}

BOOST_AUTO_TEST_CASE(a_descriptor_in_another_place_is_told) {
  File file;
  file.location.descriptor_offset = 66560;
  file.location.descriptor_size = 3072 + 256;
  file.location.tree_space = 1024;
  std::fill(file.bytes.begin() + 69632, file.bytes.end(), std::byte{0});
  file.put(66560);
  const extract::VerityPlan plan = file.plan();
  BOOST_REQUIRE(plan.descriptor);
  BOOST_TEST(
      plan.findings ==
      (Findings{"verity descriptor: its signature size of 0 bytes is not that of the 3072 stored after it",
                "the descriptor is misplaced: it lies at file offset 66560, and the Merkle tree ends at 66560"}));
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_would_fit_is_looked_for) {
  File file;
  file.location.descriptor_offset = 65536;
  const extract::VerityPlan plan = file.plan();
  BOOST_TEST(!plan.descriptor.has_value());
  BOOST_TEST(plan.malformed.ends_with("; a descriptor that fits the file lies at file offset 69632"));

  std::fill(file.bytes.begin() + 69632, file.bytes.end(), std::byte{0});
  BOOST_TEST(file.plan().malformed.find("that fits") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
