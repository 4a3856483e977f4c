#include "core/read/cluster_reader.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>

#include "core/base/checked.hpp"
#include "core/codec/cluster_format.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/read/step_reader.hpp"
#include "core/source/memory_source.hpp"
#include "tests/unit/core/codec/packed.hpp"
#include "tests/unit/core/verity/verity_file.hpp"

namespace coldread::read {
namespace {

using packed::content;

/// Stands for decryption: adds the number of the block within the file to each byte of what is stored.
class NumberStep final : public Step {
 public:
  explicit NumberStep(std::uint32_t unit, std::optional<std::uint64_t> bad = std::nullopt) : unit_(unit), bad_(bad) {}
  [[nodiscard]] StepKind kind() const override { return StepKind::kDecrypt; }
  [[nodiscard]] std::uint32_t unit() const override { return unit_; }
  void apply(Window& window) const override {
    for (const Extent& e : window.extents) {
      if (!has_source(e.kind)) continue;
      for (std::uint64_t at = e.file_offset; at < e.file_end(); at += unit_) {
        if (window.failed(at, unit_)) continue;
        if (at == bad_) window.faults.push_back({{at, unit_}, kind(), "refused"});
        for (std::byte& b : window.at(at, unit_)) b = static_cast<std::byte>(static_cast<unsigned>(b) + at / unit_ + 1);
      }
    }
  }

 private:
  std::uint32_t unit_;
  std::optional<std::uint64_t> bad_;
};

class PiecesWithFaults final : public MapSource {
 public:
  PiecesWithFaults(std::vector<Extent> extents, std::vector<MapFault> faults)
      : extents_(std::move(extents)), faults_(std::move(faults)) {}
  [[nodiscard]] MapPiece piece(std::uint64_t, std::uint64_t limit) const override { return {extents_, faults_, limit}; }

 private:
  std::vector<Extent> extents_;
  std::vector<MapFault> faults_;
};

/// A compressed file on a medium of its own, and what its content is.
struct File {
  std::uint32_t block = 4096;
  std::uint32_t slots = 4;
  std::uint64_t size = 0;  ///< EOF
  CompressionAlgorithm algorithm = CompressionAlgorithm::kLz4;
  bool checksummed = false;
  bool encrypted = false;
  std::optional<std::uint64_t> refused = {};  ///< the block that decryption refuses, a file offset
  Bytes medium = Bytes(16384);                ///< nothing lies at its start
  std::vector<Extent> extents = {};
  std::vector<MapFault> map_faults = {};
  Bytes expected = {};

  [[nodiscard]] std::uint32_t cluster() const { return block * slots; }

  /// Puts a block of the file into the medium, encrypted where the file is, not next to the one before.
  void put(std::uint64_t file_offset, ByteSpan bytes, ExtentKind kind) {
    medium.resize(round_up(medium.size(), block) + block);
    extents.push_back({file_offset, block, kind, medium.size()});
    for (const std::byte b : bytes) {
      medium.push_back(encrypted ? static_cast<std::byte>(static_cast<unsigned>(b) - file_offset / block - 1) : b);
    }
  }
  /// Adds a cluster as `stored` blocks, from slot `first` on.
  void add_stored(const Bytes& stored, const Bytes& data, std::uint64_t first = 1) {
    BOOST_REQUIRE(stored.size() <= cluster() - first * block);
    for (std::size_t at = 0; at < stored.size(); at += block) {
      put(expected.size() + first * block + at, ByteSpan(stored).subspan(at, block), ExtentKind::kCompressed);
    }
    expected.insert(expected.end(), data.begin(), data.end());
  }
  void add_compressed(std::uint32_t seed) {
    const Bytes data = content(cluster(), seed);
    const Bytes stream = packed::pack(algorithm, data);
    add_stored(packed::cluster(stream, block, packed::checksum(stream)), data);
  }
  void add_plain(std::uint32_t seed) {
    const Bytes data = content(cluster(), seed);
    for (std::size_t at = 0; at < data.size(); at += block) {
      put(expected.size() + at, ByteSpan(data).subspan(at, block), ExtentKind::kStored);
    }
    expected.insert(expected.end(), data.begin(), data.end());
  }
  void add_hole() { expected.resize(expected.size() + cluster()); }

  [[nodiscard]] std::unique_ptr<const Reader> reader() const {
    auto source = std::make_shared<source::MemorySource>(medium);
    const auto map = FileMap::make(std::make_shared<PiecesWithFaults>(extents, map_faults), size, expected.size());
    std::unique_ptr<const Reader> inner = std::make_unique<MapReader>(source, map, round_up(size, cluster()), block);
    if (encrypted) {
      std::vector<std::unique_ptr<const Step>> steps;
      steps.push_back(std::make_unique<NumberStep>(block, refused));
      inner = with_steps(std::move(inner), std::move(steps));
    }
    const Compression compression{algorithm, cluster(), checksummed};
    return std::make_unique<ClusterReader>(std::move(inner), compression, codec::make_cluster_decoder(compression),
                                           size, block);
  }
};

struct Content {
  Bytes bytes;
  std::vector<Extent> extents;
  std::vector<BlockFault> faults;
};

Content read_all(std::unique_ptr<const Reader> reader, std::uint32_t page_size = 4096) {
  const PageReader pages(std::move(reader), page_size);
  Bytes buffer(pages.window_size(), std::byte{0xee});
  Window window;
  Content all;
  for (std::uint64_t at = 0; at < pages.size(); at += pages.window_size()) {
    pages.read(at, buffer, window);
    all.bytes.insert(all.bytes.end(), window.bytes.begin(), window.bytes.end());
    all.extents.insert(all.extents.end(), window.extents.begin(), window.extents.end());
    all.faults.insert(all.faults.end(), window.faults.begin(), window.faults.end());
  }
  all.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(all.bytes.size(), pages.size())));
  return all;
}

/// What the content is up to EOF, but for [begin, end), which is zeros.
Bytes expected_of(const File& file, std::uint64_t begin = 0, std::uint64_t end = 0) {
  Bytes expected = file.expected;
  std::fill(expected.begin() + static_cast<std::ptrdiff_t>(begin), expected.begin() + static_cast<std::ptrdiff_t>(end),
            std::byte{0});
  expected.resize(static_cast<std::size_t>(file.size));
  return expected;
}

/// Three clusters: compressed, plain, compressed.
File three(bool encrypted = false) {
  File file;
  file.encrypted = encrypted;
  file.add_compressed(1);
  file.add_plain(2);
  file.add_compressed(3);
  file.size = file.expected.size();
  return file;
}

void fails_as(const File& file, std::uint64_t cluster, const BlockFault& fault) {
  const Content have = read_all(file.reader());
  BOOST_REQUIRE(have.faults.size() == 1U);
  BOOST_TEST((have.faults[0] == fault),
             have.faults[0].reason << " " << have.faults[0].range.offset << " " << have.faults[0].range.length);
  BOOST_TEST((have.bytes == expected_of(file, cluster, cluster + file.cluster())));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cluster_reader)

BOOST_AUTO_TEST_CASE(each_algorithm_block_cluster_and_page_size_gives_the_content) {
  for (const CompressionAlgorithm algorithm : packed::kAlgorithms) {
    for (const std::uint32_t block : {4096U, 16384U, 65536U}) {
      for (const std::uint32_t slots : {4U, 16U}) {
        File file;
        file.algorithm = algorithm;
        file.block = block;
        file.slots = slots;
        file.encrypted = slots == 4;
        file.checksummed = true;
        file.add_compressed(1);
        file.add_plain(2);
        file.add_hole();
        file.add_compressed(3);
        file.add_compressed(4);
        for (const std::uint64_t less :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{block} * 2 + 5, std::uint64_t{block} * slots - 1}) {
          file.size = file.expected.size() - less;
          for (const std::uint32_t page : {4096U, 16384U, 65536U}) {
            const Content have = read_all(file.reader(), page);
            BOOST_TEST(have.faults.empty());
            BOOST_TEST((have.bytes == expected_of(file)), read::to_string(algorithm) << " " << block << " " << less);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(clusters_of_a_mebibyte_and_more_make_larger_windows) {
  File file;
  file.slots = 256;
  file.add_compressed(1);
  file.add_plain(2);
  file.size = file.expected.size() - 70000;
  const PageReader pages(file.reader(), 4096);
  BOOST_TEST(pages.window_size() == 1048576U);
  BOOST_TEST((read_all(file.reader()).bytes == expected_of(file)));
  file = {};
  file.block = 65536;
  file.slots = 256;
  file.add_compressed(1);
  file.size = 5;
  BOOST_TEST(PageReader(file.reader(), 4096).window_size() == 16777216U);
  BOOST_TEST((read_all(file.reader()).bytes == expected_of(file)));
}

BOOST_AUTO_TEST_CASE(a_compressed_cluster_becomes_one_extent) {
  File file = three();
  file.size -= 4096 + 1;
  const auto reader = file.reader();
  BOOST_TEST(reader->unit() == 16384U);
  Bytes buffer(65536, std::byte{0xee});
  Window window;
  window.bytes = buffer;
  reader->fill(window);
  BOOST_REQUIRE(window.extents.size() == 7U);
  BOOST_TEST((window.extents[0] == Extent{0, 16384, ExtentKind::kCompressed, file.extents[0].source_offset}));
  BOOST_TEST((window.extents[1].kind == ExtentKind::kStored && window.extents[1].file_offset == 16384U));
  BOOST_TEST((window.extents[4].kind == ExtentKind::kStored && window.extents[4].file_end() == 32768U));
  const Extent last = window.extents[5];
  BOOST_TEST((last.file_offset == 32768U && last.length == 12288U && last.kind == ExtentKind::kCompressed));
  // Blocks past EOF are zeros and a hole; in the last one the bytes are as they were compressed.
  BOOST_TEST((window.extents[6] == Extent{45056, 20480, ExtentKind::kHole, 0}));
  BOOST_TEST(std::equal(file.expected.begin(), file.expected.begin() + 45056, buffer.begin()));
  BOOST_TEST(all_zero(ByteSpan(buffer).subspan(45056)));
}

BOOST_AUTO_TEST_CASE(what_lies_past_eof_in_a_plain_cluster_is_dropped_with_its_faults) {
  File file;
  file.add_plain(1);
  file.size = 5000;
  file.medium.resize(file.extents[2].source_offset);  // the image ends before block 2
  const Content have = read_all(file.reader());
  BOOST_TEST(have.faults.empty());
  BOOST_TEST((have.bytes == expected_of(file)));
}

BOOST_AUTO_TEST_CASE(a_stored_block_that_fails_takes_its_cluster_along) {
  for (const bool encrypted : {false, true}) {
    File file = three(encrypted);
    file.extents.back().source_offset = 1 << 30;
    fails_as(file, 32768, {{32768, 16384}, StepKind::kRead, "past the end of the image"});
  }
  File file = three(true);
  file.refused = 32768 + 4096;
  fails_as(file, 32768, {{32768, 16384}, StepKind::kDecrypt, "refused"});
  // The first step that failed is told, of two.
  BOOST_REQUIRE(file.extents.back().file_offset > 32768U + 4096);
  file.extents.back().source_offset = 1 << 30;
  fails_as(file, 32768, {{32768, 16384}, StepKind::kRead, "past the end of the image"});
  // A block of a plain cluster fails alone.
  file = three();
  const auto plain = std::find_if(file.extents.begin(), file.extents.end(),
                                  [](const Extent& e) { return e.kind == ExtentKind::kStored; });
  const std::uint64_t at = plain->file_offset;
  plain->source_offset = 1 << 30;
  const Content have = read_all(file.reader());
  BOOST_REQUIRE(have.faults.size() == 1U);
  BOOST_TEST((have.faults[0] == BlockFault{{at, 4096}, StepKind::kRead, "past the end of the image"}));
  BOOST_TEST((have.bytes == expected_of(file, at, at + 4096)));
}

BOOST_AUTO_TEST_CASE(a_fault_of_the_mapping_takes_a_compressed_cluster_along) {
  File file = three();
  file.map_faults = {{{32768 + 12288, 4096}, "no such block"}};
  fails_as(file, 32768, {{32768, 16384}, StepKind::kMap, "no such block"});
  // Of a plain cluster it takes its own blocks.
  file.map_faults = {{{16384 + 8192, 4096}, "no such block"}};
  Content have = read_all(file.reader());
  BOOST_REQUIRE(have.faults.size() == 1U);
  BOOST_TEST((have.faults[0] == BlockFault{{16384 + 8192, 4096}, StepKind::kMap, "no such block"}));
  // One that reaches over several is cut where a compressed one begins.
  file.map_faults = {{{8192, 16384}, "no such node"}};
  have = read_all(file.reader());
  BOOST_REQUIRE(have.faults.size() == 1U);
  BOOST_TEST((have.faults[0] == BlockFault{{0, 24576}, StepKind::kMap, "no such node"}));
}

BOOST_AUTO_TEST_CASE(where_nobody_can_tell_whether_a_cluster_is_compressed_all_of_it_fails) {
  File file;
  file.add_hole();
  file.add_plain(1);
  file.size = file.expected.size();
  file.map_faults = {{{4096, 4096}, "no such block"}};
  fails_as(file, 0, {{0, 16384}, StepKind::kMap, "no such block"});
}

BOOST_AUTO_TEST_CASE(blocks_out_of_their_slots_are_no_cluster) {
  const char* const reason = "its compressed blocks are not in the cluster's slots from 1 on";
  const Bytes data(16384, std::byte{7});
  const Bytes stored = packed::cluster(packed::lz4(data), 4096);
  BOOST_REQUIRE(stored.size() == 4096U);
  for (const std::uint64_t first : {0U, 2U}) {
    File file;
    file.add_stored(stored, data, first);
    file.size = 16384;
    fails_as(file, 0, {{0, 16384}, StepKind::kDecompress, reason});
  }
  File gap;
  gap.add_stored(stored, data);
  gap.put(12288, Bytes(4096), ExtentKind::kCompressed);
  gap.size = 16384;
  fails_as(gap, 0, {{0, 16384}, StepKind::kDecompress, reason});
  File mixed;
  mixed.add_stored(stored, data);
  mixed.put(12288, Bytes(4096), ExtentKind::kStored);
  mixed.size = 16384;
  fails_as(mixed, 0, {{0, 16384}, StepKind::kDecompress, reason});
}

BOOST_AUTO_TEST_CASE(an_undecodable_cluster_is_zeros_by_name) {
  for (const CompressionAlgorithm algorithm : packed::kAlgorithms) {
    File file;
    file.algorithm = algorithm;
    file.add_compressed(1);
    const std::uint64_t at = file.expected.size();
    file.add_stored(Bytes(4096, std::byte{0x11}), content(16384, 2));
    file.add_compressed(3);
    file.size = file.expected.size();
    fails_as(file, at, {{at, 16384}, StepKind::kDecompress, "clen of 286331153 does not fit in 4096 stored bytes"});
    file = {};
    file.algorithm = algorithm;
    Bytes stored = packed::cluster(packed::pack(algorithm, content(16384)), 4096);
    const Le32 clen(100);
    std::memcpy(stored.data(), &clen, sizeof(clen));
    file.add_stored(stored, content(16384));
    file.size = 10000;
    const Content have = read_all(file.reader());
    BOOST_REQUIRE(have.faults.size() == 1U);
    BOOST_TEST((have.faults[0].range == source::ByteRange{0, 12288}));  // whole blocks, up to EOF
    BOOST_TEST((have.faults[0].step == StepKind::kDecompress));
    BOOST_TEST(have.faults[0].reason.starts_with(std::string(to_string(algorithm)) + ": the compressed data "));
    BOOST_TEST(all_zero(have.bytes));
  }
}

BOOST_AUTO_TEST_CASE(bytes_under_a_wrong_checksum_stay_and_are_a_fault) {
  File file;
  file.checksummed = true;
  const Bytes data = content(16384);
  file.add_stored(packed::cluster(packed::lz4(data), 4096, 0x12345678), data);
  file.add_compressed(2);
  file.size = file.expected.size();
  const Content have = read_all(file.reader());
  BOOST_REQUIRE(have.faults.size() == 1U);
  BOOST_TEST((have.faults[0] ==
              BlockFault{{0, 16384}, StepKind::kDecompress, "the checksum of the compressed data does not match"}));
  BOOST_TEST((have.bytes == expected_of(file)));
}

BOOST_AUTO_TEST_CASE(a_hole_is_whole_clusters) {
  File file;
  file.add_hole();
  file.add_compressed(1);  // its first slot holds no block
  file.add_hole();
  file.add_hole();
  file.add_plain(2);
  file.size = file.expected.size();
  const auto reader = file.reader();
  BOOST_TEST(reader->hole_end(0) == 16384u);
  BOOST_TEST(reader->hole_end(4096) == 4096u);
  BOOST_TEST(reader->hole_end(16384) == 16384u);
  BOOST_TEST(reader->hole_end(32768) == 65536u);
  BOOST_TEST(reader->hole_end(65536) == 65536u);
  file.map_faults = {{{32768, 4096}, "lost"}};
  BOOST_TEST(file.reader()->hole_end(32768) == 32768u);
}

BOOST_AUTO_TEST_CASE(verity_hashes_the_content) {
  // EOF is in the first block of the last cluster, and there the tail past EOF is as it was compressed.
  File file = three(true);
  file.size = 32768 + 1000;
  std::fill(file.expected.begin() + 32768 + 1000, file.expected.end(), std::byte{0});
  verity::VerityFile good(verity::HashAlgorithm::kSha256, 4096, {}, expected_of(file));
  const auto faults = [&](const verity::VerityFile& tree) {
    std::vector<std::unique_ptr<const Step>> steps;
    steps.push_back(tree.step());
    return read_all(with_steps(file.reader(), std::move(steps))).faults;
  };
  // What three() compressed past EOF is not zeros, so the last block is another than the tree has.
  BOOST_REQUIRE(faults(good).size() == 1U);
  BOOST_TEST((faults(good)[0] == BlockFault{{32768, 4096}, StepKind::kVerity, "does not match the Merkle tree"}));

  file = three(true);
  good = verity::VerityFile(verity::HashAlgorithm::kSha256, 4096, {}, expected_of(file));
  BOOST_TEST(faults(good).empty());
  verity::VerityFile other = good;
  other.flip(std::uint64_t{5} * 4096);
  other.build();
  BOOST_REQUIRE(faults(other).size() == 1U);
  BOOST_TEST((faults(other)[0] == BlockFault{{20480, 4096}, StepKind::kVerity, "does not match the Merkle tree"}));
  // A cluster that failed before is not hashed.
  file.refused = 4096;
  BOOST_REQUIRE(faults(good).size() == 1U);
  BOOST_TEST((faults(good)[0] == BlockFault{{0, 16384}, StepKind::kDecrypt, "refused"}));
}

BOOST_AUTO_TEST_CASE(a_small_read_within_a_cluster_does_not_see_other_clusters_faults) {
  File file = three();
  file.extents.back().source_offset = 1 << 30;
  const auto reader = file.reader();
  const auto have = read_whole(*reader, 5000, 100);
  BOOST_REQUIRE(have.has_value());
  BOOST_TEST(std::equal(have->begin(), have->end(), file.expected.begin() + 5000));
  BOOST_TEST(!read_whole(*reader, 32768, 1).has_value());
  BOOST_TEST(read_whole(*reader, 32760, 8).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::read
