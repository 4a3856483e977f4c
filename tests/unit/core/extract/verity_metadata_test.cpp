#include "core/extract/verity_metadata.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/little_endian.hpp"
#include "tests/unit/core/extract/fake_volume.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using extract::VerityMetadata;
using extract::VerityPart;

BOOST_AUTO_TEST_SUITE(extract_verity_metadata)

namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kSize = 300 * kBlock;               // its tree is one block above three
constexpr std::uint64_t kTree = std::uint64_t{19} * 65536;  // file offsets
constexpr std::uint64_t kDescriptor = kTree + 4 * kBlock;
constexpr std::uint64_t kVolume = 16 * kBlock;  // bytes

std::string signature() { return "a signature"; }

/// A file of a hole, whose tree's block `unreadable` (if any) is beyond the volume's end.
struct File {
  test::FakeVolume volume{kVolume};
  test::FakeInode& inode = volume.add(12, volume::FileType::kFile);
  std::string descriptor = std::string(256, '\0') + signature();

  explicit File(std::uint64_t unreadable = 99) {
    volume.facts_to_set().block_size = kBlock;
    inode.facts.size = kSize;
    inode.facts.verity = true;
    inode.extents = {{0, kSize, read::ExtentKind::kHole, 0}};
    for (std::uint64_t i = 0; i < 5; ++i) {
      const std::uint64_t at = i == unreadable ? kVolume : i * kBlock;
      inode.extents.push_back({kTree + i * kBlock, kBlock, read::ExtentKind::kStored, at});
      if (i < 4) put(at, std::string(kBlock, static_cast<char>('a' + i)));
    }
    inode.verity =
        volume::VerityLocation{kTree, kDescriptor - kTree, kDescriptor, static_cast<std::uint32_t>(descriptor.size())};
    descriptor.replace(0, 5, "\x01\x01\x0c\0\x0b", 5);
    descriptor.replace(9, 2, "\xc0\x12", 2);
    put(4 * kBlock, descriptor);
  }
  void put(std::uint64_t at, const std::string& text) {
    if (at < kVolume) volume.bytes().put(at, as_bytes(text));
  }
  [[nodiscard]] VerityMetadata find() const {
    const auto opened = volume.inode(InodeNumber{12}).value();
    return std::move(
        VerityMetadata::find(volume, *opened, nullptr, *extract::plan_content(volume, *opened, nullptr, 4096).verity)
            .value());
  }
};

struct Dump {
  std::string bytes;
  std::string faults;
};

Dump read(const VerityMetadata& metadata, VerityPart part) {
  Dump dump;
  const auto done = metadata.read(
      part,
      [&](ByteSpan bytes) {
        dump.bytes += as_chars(bytes);
        return true;
      },
      [&](source::ByteRange range, const std::string& why) {
        dump.faults += std::to_string(range.offset) + "+" + std::to_string(range.length) + ": " + why + "\n";
      });
  if (!done) dump.faults = done.error().what;
  return dump;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_part_is_what_the_ioctl_gives) {
  File file;
  const VerityMetadata metadata = file.find();
  BOOST_TEST(metadata.malformed() == "");
  std::string unsigned_descriptor = file.descriptor.substr(0, 256);
  unsigned_descriptor[4] = '\0';
  BOOST_TEST((read(metadata, VerityPart::kDescriptor).bytes == unsigned_descriptor));
  BOOST_TEST(read(metadata, VerityPart::kSignature).bytes == signature());
  const Dump tree = read(metadata, VerityPart::kMerkleTree);
  BOOST_TEST(tree.faults == "");
  BOOST_TEST((tree.bytes == std::string(kBlock, 'a') + std::string(kBlock, 'b') + std::string(kBlock, 'c') +
                                std::string(kBlock, 'd')));
}

BOOST_AUTO_TEST_CASE(tree_blocks_that_cannot_be_read_are_zeros_and_named) {
  File file(1);
  const Dump tree = read(file.find(), VerityPart::kMerkleTree);
  BOOST_TEST(tree.faults.starts_with(std::to_string(kTree + kBlock) + "+4096: read: "), tree.faults);
  BOOST_TEST((tree.bytes == std::string(kBlock, 'a') + std::string(kBlock, '\0') + std::string(kBlock, 'c') +
                                std::string(kBlock, 'd')));
  // A tree that the mapping ends in.
  File cut;
  cut.inode.extents.pop_back();
  cut.inode.extents.pop_back();
  cut.inode.verity = volume::VerityLocation{kTree, 4 * kBlock, kTree + 2 * kBlock, 267};
  const Dump room = read(cut.find(), VerityPart::kMerkleTree);
  BOOST_TEST(room.bytes.size() == 4 * kBlock);
  BOOST_TEST((room.bytes.substr(3 * kBlock) == std::string(kBlock, '\0')));
  BOOST_TEST(room.faults == std::to_string(kTree + 3 * kBlock) + "+4096: it lies past the end of what is mapped\n");
}

BOOST_AUTO_TEST_CASE(a_malformed_descriptor_is_given_as_it_lies) {
  File file;
  file.put(4 * kBlock, std::string("\x02", 1));
  const VerityMetadata metadata = file.find();
  BOOST_TEST(metadata.malformed() != "");
  BOOST_TEST((read(metadata, VerityPart::kDescriptor).bytes == "\x02" + file.descriptor.substr(1)));
  BOOST_TEST(read(metadata, VerityPart::kSignature).bytes == signature());
  BOOST_TEST(read(metadata, VerityPart::kMerkleTree).bytes.size() == 4 * kBlock);
}

BOOST_AUTO_TEST_CASE(a_signature_that_is_none_is_told) {
  File file;
  file.put(4 * kBlock + 4, std::string("\0", 1));
  const VerityMetadata metadata = file.find();
  BOOST_TEST(read(metadata, VerityPart::kSignature).faults == "has no built-in signature");
  BOOST_TEST(read(metadata, VerityPart::kDescriptor).bytes.size() == 256u);
}

BOOST_AUTO_TEST_SUITE_END()
