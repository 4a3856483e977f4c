#include "core/verity/digest_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.hpp"
#include "core/verity/digest_files.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/core/verity/verity_file.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::DigestFile;
using verity::DigestMethod;
using verity::HashAlgorithm;
using verity::VerityFile;

BOOST_AUTO_TEST_SUITE(verity_digest_file)

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// A file of zeros, all of it a hole where the filesystem has holes, and last changed long ago.
std::string hole(const test::TempDir& dir, std::uint64_t size) {
  std::string path = dir / "file";
  test::write_text(path, "");
  std::filesystem::resize_file(path, size);
  return path;
}

void make_old(const std::string& path) {
  const std::array<timespec, 2> long_ago{{{1000, 0}, {1000, 0}}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), long_ago.data(), 0) == 0);
}

/// Writes bytes into a file that is there.
void put(const std::string& path, std::uint64_t at, ByteSpan bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(as_chars(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  BOOST_REQUIRE(file.flush());
}

/// All pieces that are left.
std::vector<DigestFile::Piece> take_all(DigestFile& file) {
  std::vector<DigestFile::Piece> pieces{file.take()};
  while (!pieces.back().last) pieces.push_back(file.take());
  return pieces;
}

void hash_all(DigestFile& file, const std::vector<DigestFile::Piece>& pieces) {
  Bytes buffer(DigestFile::kPieceSize);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto [done, complete] = file.hash(pieces[i], buffer);
    BOOST_TEST(done == 1u);
    BOOST_TEST(complete == (i + 1 == pieces.size()));
  }
}

Result<verity::Descriptor> digest(const std::string& path, const DigestMethod& method) {
  const auto file = DigestFile::of(path, method).value();
  hash_all(*file, take_all(*file));
  return file->finish();
}

std::string refusal(const std::string& path) {
  const DigestMethod method(HashAlgorithm::kSha256, 4096, {});
  const auto file = DigestFile::of(path, method);
  if (file) return "";
  BOOST_CHECK(file.error().kind == ErrorKind::kNotFound);
  return file.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(descriptors_are_those_of_the_data) {
  const test::TempDir dir;
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    for (const std::uint32_t block : {1024u, 4096u, 65536u}) {
      const Bytes salt(block == 4096 ? 0 : 32, std::byte{7});
      for (const std::size_t size : std::vector<std::size_t>{0, 1, block, block + 1, kMiB, 2 * kMiB + 12345}) {
        const VerityFile expected(algorithm, block, salt, verity::pattern(size));
        test::write_text(dir / "file", as_chars(verity::pattern(size)));
        const auto got = digest(dir / "file", DigestMethod(algorithm, block, salt));
        BOOST_REQUIRE(got);
        BOOST_TEST(to_hex(verity::encode(*got)) == to_hex(verity::encode(expected.descriptor)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(pieces_may_be_hashed_in_any_order) {
  const test::TempDir dir;
  const Bytes data = verity::pattern(5 * kMiB - 7);
  test::write_text(dir / "file", as_chars(data));
  const DigestMethod method(HashAlgorithm::kSha256, 4096, {});
  const auto file = DigestFile::of(dir / "file", method).value();
  std::vector<DigestFile::Piece> pieces = take_all(*file);
  BOOST_REQUIRE(pieces.size() == 5u);
  Bytes buffer(DigestFile::kPieceSize);
  for (const std::size_t i : {1u, 4u, 3u}) {
    BOOST_TEST(file->hash(pieces[i], buffer).done == 0u);
  }
  const auto first = file->hash(pieces[0], buffer);
  BOOST_TEST(first.done == 2u);
  BOOST_TEST(!first.complete);
  const auto last = file->hash(pieces[2], buffer);
  BOOST_TEST(last.done == 3u);
  BOOST_TEST(last.complete);
  BOOST_TEST(to_hex(file->finish().value().root_hash) ==
             to_hex(VerityFile(HashAlgorithm::kSha256, 4096, {}, data).descriptor.root_hash));
}

// Islands that begin and end within blocks, and a hole at the end that ends within one.
BOOST_AUTO_TEST_CASE(holes_are_zeros) {
  const test::TempDir dir;
  constexpr std::size_t kSize = 9 * kMiB + 100;
  for (const std::uint32_t block : {1024u, 4096u, 65536u}) {
    const std::string path = hole(dir, kSize);
    Bytes data(kSize);
    for (const std::size_t at : {std::size_t{0}, 70000 * std::size_t{1}, kMiB + 4096, 3 * kMiB - 1, 6 * kMiB}) {
      const Bytes island = verity::pattern(at == 6 * kMiB ? 2 * kMiB : 5000);
      std::copy(island.begin(), island.end(), data.begin() + static_cast<std::ptrdiff_t>(at));
      put(path, at, island);
    }
    const auto got = digest(path, DigestMethod(HashAlgorithm::kSha512, block, {}));
    BOOST_REQUIRE(got);
    BOOST_TEST(to_hex(got->root_hash) ==
               to_hex(VerityFile(HashAlgorithm::kSha512, block, {}, data).descriptor.root_hash));
  }
}

// 64 GiB that are nowhere stored: what each level has but one kind of is hashed once.
BOOST_AUTO_TEST_CASE(a_large_hole_is_neither_read_nor_hashed_over_and_over) {
  const test::TempDir dir;
  const std::string path = hole(dir, std::uint64_t{1} << 36);
  const DigestMethod method(HashAlgorithm::kSha256, 4096, {});
  const auto file = DigestFile::of(path, method).value();
  const std::vector<DigestFile::Piece> pieces = take_all(*file);
  if (pieces.size() != 1) {
    BOOST_TEST_MESSAGE("the filesystem of " << path << " has no holes");
    return;
  }
  BOOST_TEST(pieces[0].hole);
  BOOST_TEST(pieces[0].blocks == std::uint64_t{1} << 24);
  hash_all(*file, pieces);
  Bytes hash = method.hasher.hash(Bytes(4096));  // 128 hashes a block: 2^24, 2^17, 2^10 and 8 hashes
  for (const std::size_t count : {128u, 128u, 128u, 8u}) {
    Bytes above;
    for (std::size_t i = 0; i < count; ++i) above.insert(above.end(), hash.begin(), hash.end());
    above.resize(4096);
    hash = method.hasher.hash(above);
  }
  BOOST_TEST(to_hex(file->finish().value().root_hash) == to_hex(hash));
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_meanwhile_has_no_digest) {
  const test::TempDir dir;
  const DigestMethod method(HashAlgorithm::kSha256, 4096, {});
  const auto changed = [&](const auto& change) {
    test::write_text(dir / "file", as_chars(verity::pattern(2 * kMiB)));
    make_old(dir / "file");
    const auto file = DigestFile::of(dir / "file", method).value();
    std::vector<DigestFile::Piece> pieces{file->take()};
    change();
    while (!pieces.back().last) pieces.push_back(file->take());
    hash_all(*file, pieces);
    const auto result = file->finish();
    return result ? "" : result.error().what;
  };
  BOOST_TEST(changed([] {}) == "");
  BOOST_TEST(changed([&] { put(dir / "file", 2 * kMiB, Bytes(1)); }) ==
             "changed its size while it was read, from 2097152 to 2097153 bytes");
  BOOST_TEST(changed([&] { std::filesystem::resize_file(dir / "file", 5000); }) ==
             "changed its size while it was read, from 2097152 to 5000 bytes");
  BOOST_TEST(changed([&] { put(dir / "file", 100, Bytes(1)); }) == "was changed while it was read");
  BOOST_TEST(changed([&] { make_old(dir / "file"), ::chmod((dir / "file").c_str(), 0600); }) != "");
}

BOOST_AUTO_TEST_CASE(what_is_no_ordinary_file_is_refused_by_name) {
  const test::TempDir dir;
  BOOST_TEST(refusal(dir / "missing") == "cannot be opened: No such file or directory");
  BOOST_TEST(refusal(dir.path().string()) == "is a directory, not a file");
  BOOST_TEST(refusal("/dev/null") == "is a device, not a file");
  BOOST_REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  BOOST_TEST(refusal(dir / "fifo") == "is a fifo, not a file");
}

BOOST_AUTO_TEST_CASE(what_holds_more_than_its_size_is_refused) {
  const auto result = digest("/proc/self/status", DigestMethod(HashAlgorithm::kSha256, 4096, {}));
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.error().what == "holds more than the 0 bytes that its size tells");
}

// With as many workers as pieces, and with one; the trees as they are stored.
BOOST_AUTO_TEST_CASE(files_are_told_of_in_their_order) {
  const test::TempDir dir;
  const std::atomic<bool> go_on{false};
  const DigestMethod method(HashAlgorithm::kSha256, 1024, Bytes(4, std::byte{1}));
  std::vector<std::string> paths;
  std::vector<std::string> expected;
  for (const std::size_t size :
       {3 * kMiB + 5, std::size_t{0}, std::size_t{10}, 2 * kMiB, kMiB + 1, std::size_t{1024}}) {
    paths.push_back(dir / std::to_string(size));
    test::write_text(paths.back(), as_chars(verity::pattern(size)));
    expected.push_back(
        to_hex(VerityFile(HashAlgorithm::kSha256, 1024, method.salt, verity::pattern(size)).descriptor.root_hash));
  }
  paths.insert(paths.begin() + 1, dir / "missing");
  expected.insert(expected.begin() + 1, "cannot be opened: No such file or directory");
  for (const unsigned jobs : {1u, 2u, 16u}) {
    std::vector<std::string> got;
    verity::digest_files(paths, method, jobs, go_on, [&](std::size_t index, const Result<verity::Descriptor>& result) {
      BOOST_TEST(index == got.size());
      got.push_back(result ? to_hex(result->root_hash) : result.error().what);
    });
    BOOST_TEST(got == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(blocks_are_told_of_by_where_they_are_stored) {
  const test::TempDir dir;
  const std::atomic<bool> go_on{false};
  Bytes data = verity::pattern(3 * kMiB);
  std::fill(data.begin() + kMiB, data.end() - 4096, std::byte{0});
  const std::string path = hole(dir, data.size());
  put(path, 0, ByteSpan(data).first(kMiB));
  put(path, data.size() - 4096, ByteSpan(data).last(4096));
  const VerityFile expected(HashAlgorithm::kSha256, 1024, {}, data);
  Bytes tree(static_cast<std::size_t>(expected.shape().size()));
  verity::digest_files(
      {path}, DigestMethod(HashAlgorithm::kSha256, 1024, {}), 3, go_on,
      [](std::size_t /*index*/, const Result<verity::Descriptor>& result) { BOOST_TEST(result.has_value()); },
      [&](std::uint64_t offset, ByteSpan block) {
        std::copy(block.begin(), block.end(), tree.begin() + static_cast<std::ptrdiff_t>(offset));
      });
  BOOST_TEST(
      (tree == ByteView(ByteSpan(expected.stored).subspan(static_cast<std::size_t>(expected.tree_offset))).copy()));
}

BOOST_AUTO_TEST_CASE(an_interruption_ends_it) {
  const test::TempDir dir;
  const std::atomic<bool> interrupted{true};
  test::write_text(dir / "file", "x");
  verity::digest_files({dir / "file"}, DigestMethod(HashAlgorithm::kSha256, 4096, {}), 2, interrupted,
                       [](std::size_t /*index*/, const Result<verity::Descriptor>& /*result*/) {
                         BOOST_ERROR("a digest in spite of the interruption");
                       });
}

BOOST_AUTO_TEST_SUITE_END()
