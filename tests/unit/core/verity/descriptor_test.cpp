#include "core/verity/descriptor.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/little_endian.hpp"
#include "core/base/text.hpp"
#include "tests/unit/core/verity/verity_file.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using verity::HashAlgorithm;
using verity::VerityFile;

BOOST_AUTO_TEST_SUITE(verity_descriptor)

namespace {

void put(Bytes& out, std::size_t at, ByteSpan bytes) {
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

/// A descriptor as it is stored.
Bytes store(const verity::Descriptor& descriptor) {
  Bytes stored(verity::kDescriptorSize + descriptor.signature.size());
  stored[0] = std::byte{1};
  stored[1] = static_cast<std::byte>(descriptor.algorithm);
  stored[2] = static_cast<std::byte>(__builtin_ctz(descriptor.block_size));
  stored[3] = static_cast<std::byte>(descriptor.salt.size());
  put(stored, 4, bytes_of(Le32(static_cast<std::uint32_t>(descriptor.signature.size()))));
  put(stored, 8, bytes_of(Le64(descriptor.data_size)));
  put(stored, 16, descriptor.root_hash);
  put(stored, 80, descriptor.salt);
  put(stored, 256, descriptor.signature);
  return stored;
}

std::string digest_of(HashAlgorithm algorithm, std::string_view salt, Bytes data) {
  const VerityFile file(algorithm, 4096, from_hex(salt).value(), std::move(data));
  return to_hex(verity::file_digest(store(file.descriptor)).value());
}

Bytes valid() {
  return store(VerityFile(HashAlgorithm::kSha256, 4096, Bytes(8, std::byte{7}), verity::pattern(5000)).descriptor);
}

std::string refusal(const Bytes& stored, std::uint64_t file_size = 5000, std::uint32_t max_block = 4096) {
  const auto descriptor = verity::parse_descriptor(stored, file_size, max_block);
  if (descriptor) return "";
  BOOST_CHECK(descriptor.error().kind == ErrorKind::kCorrupt);
  return descriptor.error().message();
}

std::string refusal_with(std::size_t at, std::uint8_t value) {
  Bytes stored = valid();
  stored[at] = static_cast<std::byte>(value);
  return refusal(stored);
}

}  // namespace

// What every implementation is held against: xfstests generic/575 (files of zeros) and libfsverity's own test.
BOOST_AUTO_TEST_CASE(published_file_digests) {
  BOOST_TEST(digest_of(HashAlgorithm::kSha256, "", {}) ==
             "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95");
  BOOST_TEST(digest_of(HashAlgorithm::kSha256, "", Bytes(4096)) ==
             "babc284ee4ffe7f449377fbf6692715b43aec7bc39c094a95878904d34bac97e");
  BOOST_TEST(digest_of(HashAlgorithm::kSha256, "", Bytes(65536)) ==
             "011e3f2b1dc89b75d78cddcc2a1b85cd8a64b2883e5f20f277ae4c0617e0404f");
  BOOST_TEST(digest_of(HashAlgorithm::kSha256, "f3c93fa6fb828c0e1587e5714ecf6f56", Bytes(100'000'000)) ==
             "9d33cab743468fcbe4edab91a275b30dd543c12dd5e6ce6f2f737f66a1558f06");
  BOOST_TEST(digest_of(HashAlgorithm::kSha512, "", {}) ==
             "ccf9e5aea1c2a64efa2f2354a6024b90dffde6bbc017825045dce374474e13d1"
             "0adb9dadcc6ca8e17a3c075fbd31336e8f266ae6fa93a6c3bed66f9e784e5abf");
  BOOST_TEST(digest_of(HashAlgorithm::kSha512, "", Bytes(65536)) ==
             "eab7224ce374a0a4babcb2db25e24836247f38b87806ad9be9e5ba4daac2f5b8"
             "14fc0cbdfd9f1f8499b3c9a6c1b38fe08974cce49883ab4ccd04462fd2f9507f");
  Bytes counted(1'000'000);
  for (std::size_t i = 0; i < counted.size(); ++i) {
    counted[i] = static_cast<std::byte>(i % 11 + i % 439 + i % 1103);
  }
  BOOST_TEST(digest_of(HashAlgorithm::kSha256, to_hex(as_bytes("abcd")), counted) ==
             "917900b0d299454aa304d5debc6f39e4af7b5abe33bdbc568d5d8f1e5c4d8652");
}

BOOST_AUTO_TEST_CASE(what_is_encoded_is_what_is_stored) {
  verity::Descriptor descriptor;
  descriptor.algorithm = HashAlgorithm::kSha512;
  descriptor.block_size = 65536;
  descriptor.salt = Bytes(7, std::byte{9});
  descriptor.data_size = 0x123456789abc;
  descriptor.root_hash = Bytes(64, std::byte{8});
  BOOST_TEST(to_hex(verity::encode(descriptor)) == to_hex(store(descriptor)));
  descriptor.signature = Bytes(300, std::byte{5});
  BOOST_TEST(to_hex(verity::encode(descriptor)) == to_hex(store(descriptor)));
}

BOOST_AUTO_TEST_CASE(every_field_is_read) {
  verity::Descriptor in;
  in.algorithm = HashAlgorithm::kSha512;
  in.block_size = 1024;
  in.salt = Bytes(32, std::byte{9});
  in.data_size = 123456;
  in.root_hash = Bytes(64, std::byte{8});
  in.signature = Bytes(300, std::byte{6});
  const auto out = verity::parse_descriptor(store(in), 123456, 1024);
  BOOST_REQUIRE(out);
  BOOST_CHECK(out->algorithm == in.algorithm);
  BOOST_TEST(out->block_size == in.block_size);
  BOOST_TEST((out->salt == in.salt));
  BOOST_TEST(out->data_size == in.data_size);
  BOOST_TEST((out->root_hash == in.root_hash));
  BOOST_TEST((out->signature == in.signature));
}

BOOST_AUTO_TEST_CASE(the_signature_is_no_part_of_the_digest) {
  verity::Descriptor descriptor = VerityFile(HashAlgorithm::kSha256, 4096, {}, Bytes(4096)).descriptor;
  descriptor.signature = Bytes(77, std::byte{1});
  BOOST_TEST(to_hex(verity::file_digest(store(descriptor)).value()) ==
             "babc284ee4ffe7f449377fbf6692715b43aec7bc39c094a95878904d34bac97e");
}

BOOST_AUTO_TEST_CASE(each_malformed_field_has_its_sentence) {
  const std::string where = "verity descriptor: ";
  BOOST_TEST(refusal(valid()).empty());
  BOOST_TEST(refusal(Bytes(255)) == where + "its 255 bytes are fewer than the 256 of every descriptor");
  Bytes large = valid();
  large.resize(16385);
  BOOST_TEST(refusal(large) == where + "its 16385 bytes are more than the kernel takes");
  BOOST_TEST(refusal_with(0, 2) == where + "version 2 is unknown");
  BOOST_TEST(refusal_with(1, 0) == where + "hash algorithm 0 is unknown");
  BOOST_TEST(refusal_with(1, 3) == where + "hash algorithm 3 is unknown");
  BOOST_TEST(refusal_with(2, 9) == where + "a block size of 2^9 bytes is not between 1024 and 65536");
  BOOST_TEST(refusal_with(2, 255) == where + "a block size of 2^255 bytes is not between 1024 and 65536");
  BOOST_TEST(refusal_with(2, 13) == where + "a block size of 8192 bytes is more than the filesystem's 4096");
  BOOST_TEST(refusal_with(3, 33) == where + "a salt of 33 bytes is longer than 32");
  BOOST_TEST(refusal_with(4, 1) == where + "a signature of 1 bytes does not fit into the 0 after it");
  BOOST_TEST(refusal_with(7, 0xff) == where + "a signature of 4278190080 bytes does not fit into the 0 after it");
  BOOST_TEST(refusal_with(112, 1) == where + "its reserved bytes are in use");
  BOOST_TEST(refusal_with(255, 1) == where + "its reserved bytes are in use");
  BOOST_TEST(refusal(valid(), 4999) == where + "its file size of 5000 bytes is not the inode's 4999");
}

BOOST_AUTO_TEST_CASE(every_malformed_field_is_told) {
  Bytes stored = valid();
  stored[0] = std::byte{2};
  stored[3] = std::byte{40};
  stored[200] = std::byte{1};
  BOOST_TEST(
      refusal(stored) ==
      "verity descriptor: version 2 is unknown; a salt of 40 bytes is longer than 32; its reserved bytes are in use");
}

BOOST_AUTO_TEST_CASE(what_the_kernel_ignores_is_a_finding) {
  const auto findings = [](const Bytes& stored) {
    const auto descriptor = verity::parse_descriptor(stored, 5000, 4096);
    BOOST_REQUIRE(descriptor);
    return descriptor->findings;
  };
  BOOST_TEST(findings(valid()).empty());
  Bytes root = valid();
  root[16 + 32] = std::byte{1};
  BOOST_TEST(findings(root) == Findings{"verity descriptor: the bytes of its root hash past the digest are in use"});
  Bytes salt = valid();
  salt[80 + 8] = std::byte{1};
  BOOST_TEST(findings(salt) == Findings{"verity descriptor: the bytes of its salt past the salt size of 8 are in use"});
  Bytes longer = valid();
  longer.resize(300, std::byte{1});
  BOOST_TEST(findings(longer) ==
             Findings{"verity descriptor: its signature size of 0 bytes is not that of the 44 stored after it"});
}

BOOST_AUTO_TEST_SUITE_END()
