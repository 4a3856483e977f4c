#include "core/extract/fscrypt_tool.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/base/text.hpp"
#include "tests/unit/core/extract/fake_volume.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_tool)

namespace {

const std::string kProtector = "509eafe591531d4f";
const std::string kPolicy = "d7b8026890a5e146e0c505f1aab9b854";

/// A message of protectors.txt.
Bytes message(const std::string& wanted) {
  for (const std::string& line : fscrypt::vectors::lines("protectors.txt")) {
    const std::size_t space = line.find(' ');
    if (line.substr(0, space) == wanted) return hex(std::string_view(line).substr(space + 1));
  }
  return {};
}

/// A filesystem with the tool's directories: inodes 3 to 5.
struct Case {
  Case() : volume(std::uint64_t{1} << 30) {
    volume.facts_to_set().block_size = 4096;
    volume.add(2, volume::FileType::kDir).entries = {{".fscrypt", InodeNumber{3}, {}}};
    volume.add(3, volume::FileType::kDir).entries = {{"policies", InodeNumber{4}, {}},
                                                     {"protectors", InodeNumber{5}, {}}};
    volume.add(4, volume::FileType::kDir);
    volume.add(5, volume::FileType::kDir);
  }
  void file(std::uint64_t directory, const std::string& name, const Bytes& content) {
    const std::uint64_t number = next++;
    const std::uint64_t at = number << 16;
    test::FakeInode& inode = volume.add(number, volume::FileType::kFile);
    inode.facts.size = content.size();
    inode.extents = {{0, content.size(), read::ExtentKind::kStored, at}};
    volume.bytes().put(at, content);
    volume.add(directory, volume::FileType::kDir).entries.push_back({name, InodeNumber{number}, {}});
  }
  void read(extract::FscryptTool& tool, const std::string& place = "") const { tool.read(volume, keys, place); }

  test::FakeVolume volume;
  fscrypt::KeyRing keys;
  std::uint64_t next = 10;
};

std::vector<extract::Opener> one(std::string_view secret) {
  std::vector<extract::Opener> openers;
  openers.push_back({"it", Secret(as_bytes(secret)), false});
  return openers;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_cannot_be_listed_is_told) {
  Case image;
  test::FakeInode& policies = image.volume.add(4, volume::FileType::kDir);
  policies.facts.encrypted = true;
  policies.context = hex("0201040200000000" + std::string(64, '1'));
  image.volume.add(3, volume::FileType::kDir).entries[1].inode = InodeNumber{99};
  extract::FscryptTool tool;
  image.read(tool, "p3");
  BOOST_REQUIRE(tool.findings().size() == 2U);
  BOOST_TEST(tool.findings()[0] ==
             "p3: .fscrypt/policies: this directory of fscrypt(8) is encrypted, and its key is "
             "missing");
  BOOST_TEST(tool.findings()[1] ==
             "p3: .fscrypt/protectors: this directory of fscrypt(8) cannot be read: no such inode");
}

BOOST_AUTO_TEST_CASE(copies_of_one_protector_are_not_kept_without_end) {
  Case image;
  image.file(5, kProtector, message("passphrase"));
  extract::FscryptTool tool;
  for (int i = 0; i < 20; ++i) image.read(tool);
  BOOST_TEST(tool.protectors().size() == extract::FscryptTool::kMaxCopies);
  BOOST_TEST(tool.find(kProtector).size() == extract::FscryptTool::kMaxCopies);
  BOOST_TEST(tool.find("0000000000000000").empty());
  BOOST_TEST(tool.findings().size() == 12U);
}

BOOST_AUTO_TEST_CASE(metadata_is_not_kept_without_end) {
  Case image;
  Bytes policy = message("policy-v2");
  // A field that is not known, of all the bytes that are left.
  const std::size_t left = fscrypt::kMaxMetadataSize - policy.size() - 4;
  for (const std::size_t byte : {std::size_t{0x7a}, (left & 0x7f) | 0x80, (left >> 7) | 0x80, std::size_t{0}}) {
    policy.push_back(static_cast<std::byte>(byte));
  }
  policy.resize(fscrypt::kMaxMetadataSize);
  image.file(4, kPolicy, policy);
  extract::FscryptTool tool;
  constexpr std::size_t kMost = extract::FscryptTool::kMaxBytes / fscrypt::kMaxMetadataSize;
  for (std::size_t i = 0; i < kMost + 5; ++i) image.read(tool);
  BOOST_TEST(tool.policies().size() == kMost);
  BOOST_REQUIRE(tool.findings().size() == 1U);
  BOOST_TEST(tool.findings()[0].find("is too much to be looked at") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_between_two_attempts) {
  Case image;
  image.file(5, kProtector, message("passphrase"));
  image.file(4, kPolicy, message("policy-v2"));
  for (const bool interrupted : {true, false}) {
    const std::atomic<bool> interrupt{interrupted};
    fscrypt::KeyRing ring;
    extract::FscryptTool tool;
    image.read(tool);
    auto passphrases = one("correct horse");
    auto raw_keys = one("");
    tool.open(passphrases, raw_keys, ring, interrupt);
    BOOST_TEST(passphrases[0].opened == !interrupted);
    BOOST_TEST(ring.empty() == interrupted);
  }
}

BOOST_AUTO_TEST_CASE(a_login_protector_opens_its_policy) {
  Case image;
  image.file(5, "0529413b17ae6ee5", message("login"));
  image.file(4, "8a1330d464377c7e", message("policy-v1"));
  fscrypt::KeyRing ring;
  extract::FscryptTool tool;
  image.read(tool);
  BOOST_REQUIRE(tool.policies().size() == 1U);
  auto passphrases = one("correct horse");
  auto raw_keys = one("");
  tool.open(passphrases, raw_keys, ring, std::atomic<bool>(false));
  BOOST_TEST(tool.policies()[0].opened_by == "it, protector (0529413b17ae6ee5)");
  BOOST_TEST((ring.find(hex(tool.policies()[0].policy.key)) != nullptr));
}

BOOST_AUTO_TEST_CASE(of_a_long_name_the_beginning_is_told) {
  extract::StoredProtector stored;
  stored.protector.descriptor = kProtector;
  stored.protector.name = std::string(63, 'x') + "\xc3\xa4" + std::string(100, 'y');
  BOOST_TEST(stored.title() == "protector '" + std::string(63, 'x') + "...' (" + kProtector + ")");
}

BOOST_AUTO_TEST_SUITE_END()
