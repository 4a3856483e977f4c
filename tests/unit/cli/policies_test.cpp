#include "cli/policies.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>

#include "tests/unit/core/extract/fake_volume.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(cli_policies)

namespace {

/// A context of version 2 under the key 01 01 .. (32 bytes), with that identifier, and what is set in it.
Bytes context(std::initializer_list<std::pair<std::size_t, int>> set) {
  Bytes bytes = hex("0201040300000000" + std::string(32, '0') + std::string(32, '5'));
  fscrypt::KeyRing ring;
  const Bytes identifier = hex(ring.add(Secret(Bytes(32, std::byte{1})), "").value());
  std::copy(identifier.begin(), identifier.end(), bytes.begin() + 8);
  for (const auto& [at, value] : set) bytes[at] = static_cast<std::byte>(value);
  return bytes;
}

/// /f: a file under that context.
struct OneFile {
  explicit OneFile(Bytes stored) : volume(1 << 16) {
    volume.facts_to_set().block_size = 4096;
    volume.add(2, volume::FileType::kDir).entries = {{"f", InodeNumber{12}, {}}};
    test::FakeInode& file = volume.add(12, volume::FileType::kFile);
    file.facts.encrypted = true;
    file.facts.size = 77;
    file.context = std::move(stored);
  }
  test::FakeVolume volume;
};

const std::atomic<bool> kNoInterrupt{false};

/// The ring with the key of context().
std::unique_ptr<fscrypt::KeyRing> its_key() {
  auto ring = std::make_unique<fscrypt::KeyRing>();
  BOOST_REQUIRE(ring->add(Secret(Bytes(32, std::byte{1})), "k"));
  return ring;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_policy_with_its_key) {
  OneFile one(context({}));
  const auto keys = its_key();
  const auto census = cli::count_policies(one.volume, *keys, kNoInterrupt);
  BOOST_REQUIRE(census.policies.size() == 1u);
  BOOST_TEST(census.not_understood.empty());
  const cli::PolicyUse& use = census.policies[0];
  BOOST_TEST(use.policy.entries.value() == 1u);
  BOOST_TEST(use.policy.key_proof == "identifier");
  BOOST_TEST(use.policy.problem.empty());
  BOOST_TEST(use.files == 1u);
  BOOST_TEST(use.bytes == 77u);
  BOOST_TEST(use.opened == 1u);
}

BOOST_AUTO_TEST_CASE(hard_links_are_counted_once) {
  OneFile one(context({}));
  one.volume.add(2, volume::FileType::kDir).entries = {{"f", InodeNumber{12}, {}}, {"g", InodeNumber{12}, {}}};
  one.volume.add(12, volume::FileType::kFile).facts.links = 2;
  const auto census = cli::count_policies(one.volume, fscrypt::KeyRing(), kNoInterrupt);
  BOOST_REQUIRE(census.policies.size() == 1u);
  BOOST_TEST(census.policies[0].files == 2u);
  BOOST_TEST(census.policies[0].bytes == 77u);
  BOOST_TEST(census.policies[0].opened == 0u);
  BOOST_TEST(census.policies[0].policy.key == "missing");
}

// Each has its own sentence, and nothing is opened, though the key is there.
BOOST_AUTO_TEST_CASE(policies_that_are_not_supported_are_listed_with_why) {
  const std::vector<std::pair<Bytes, std::string>> cases{
      {context({{1, 42}}), "encryption policy: contents encryption with mode 42 is not supported"},
      {context({{2, 42}}), "encryption policy: filenames encryption with mode 42 is not supported"},
      {context({{2, 9}}),
       "encryption policy: contents encryption with AES-256-XTS and filenames encryption with Adiantum in version 2 is "
       "not supported"},
      {context({{3, 0x23}}), "encryption policy: flag 0x20 is not supported"},
      {context({{3, 0x1b}}), "encryption policy: flag IV_INO_LBLK_64 together with IV_INO_LBLK_32 is not supported"},
      {context({{3, 0x07}}), "encryption policy: flag DIRECT_KEY with AES-256-XTS is not supported"},
  };
  const auto keys = its_key();
  for (const auto& [stored, why] : cases) {
    OneFile one(stored);
    const auto census = cli::count_policies(one.volume, *keys, kNoInterrupt);
    BOOST_REQUIRE(census.policies.size() == 1u);
    BOOST_TEST(census.policies[0].policy.problem == why);
    BOOST_TEST(census.policies[0].policy.key == "supplied");
    BOOST_TEST(census.policies[0].opened == 0u);
  }
}

BOOST_AUTO_TEST_CASE(contexts_that_are_not_understood_are_counted_by_why) {
  const std::vector<std::pair<Bytes, std::string>> cases{
      {context({{0, 3}}), "encryption context: version 3 is not supported"},
      {context({{0, 1}}), "encryption context: 40 bytes are not the size of version 1"},
      {context({{6, 1}}), "encryption context: its reserved bytes are in use"},
      {context({{4, 13}}),
       "encryption context: a data unit of 2^13 bytes is not between 512 bytes and the 4096 bytes of a block"},
      {context({{3, 0x13}, {4, 9}}),
       "encryption context: IV_INO_LBLK_32 with data units smaller than a block is not supported"},
      {Bytes(), "encryption context: it is empty"},
  };
  const auto keys = its_key();
  for (const auto& [stored, why] : cases) {
    OneFile one(stored);
    const auto census = cli::count_policies(one.volume, *keys, kNoInterrupt);
    BOOST_TEST(census.policies.empty());
    BOOST_REQUIRE(census.not_understood.size() == 1u);
    BOOST_TEST(census.not_understood.begin()->first == why);
    BOOST_TEST(census.not_understood.begin()->second == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_too_short_opens_nothing) {
  Bytes stored = context({});
  fscrypt::KeyRing keys;
  const Bytes identifier = hex(keys.add(Secret(Bytes(31, std::byte{1})), "short").value());
  std::copy(identifier.begin(), identifier.end(), stored.begin() + 8);
  OneFile one(stored);
  const auto census = cli::count_policies(one.volume, keys, kNoInterrupt);
  BOOST_REQUIRE(census.policies.size() == 1u);
  BOOST_TEST(census.policies[0].opened == 0u);
  BOOST_TEST(census.policies[0].policy.problem ==
             "encryption key: its 31 bytes are too few: AES-256-XTS in version 2 takes at least 32");
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_count) {
  const OneFile one(context({}));
  const auto keys = its_key();
  BOOST_TEST(cli::count_policies(one.volume, *keys, std::atomic<bool>(true)).policies.empty());
}

BOOST_AUTO_TEST_SUITE_END()
