#include "core/extract/key_evidence.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <sstream>

#include "core/extract/tree_walker.hpp"
#include "tests/unit/core/extract/fake_volume.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(key_evidence)

namespace {

// Two more names that Linux 7.2 wrote into the directories of kernel_names.txt with made-up v1 descriptors.
const std::map<std::string, std::vector<std::pair<std::string, std::string>>> kMoreNames{
    {"c6d973371c08fd64",
     {{"3a1cc72242df0a1c8f567491bcc7f737", "sl_uni"}, {"209f6ec48704d1bc3ba722433423920e", "bsp1.bin"}}},
    {"17756b7a887b33e8",
     {{"1f8660b2fc112d23ad7e0396f2be9fd5", "truncated.bin"}, {"02a313dd25f1d8f2ad8e801be9ab917c", "tiny.bin"}}},
};

/// A directory with three names, as a kernel wrote them, of the policies with made-up v1 descriptors. The first is that
/// of inode 100.
struct Case {
  explicit Case(const std::string& line) : volume(1 << 20) {
    std::istringstream words(line);
    std::string key_hex;
    std::string uuid_hex;
    std::string context_hex;
    std::string ciphertext_hex;
    std::uint64_t inode = 0;
    words >> key_hex >> uuid_hex >> inode >> context_hex >> ciphertext_hex >> name;
    key = hex(key_hex);
    ciphertext = hex(ciphertext_hex);
    const Bytes context = hex(context_hex);
    version = static_cast<int>(context[0]);
    if (version != 1) return;
    std::copy_n(context.begin() + 4, descriptor.size(), descriptor.begin());
    volume.facts_to_set().block_size = 4096;
    volume.add(2, volume::FileType::kDir).entries = {{"d", InodeNumber{inode}, {}}};
    test::FakeInode& directory = volume.add(inode, volume::FileType::kDir);
    directory.facts.encrypted = true;
    directory.context = context;
    directory.entries = {{std::string(as_chars(ciphertext)), InodeNumber{100}, {}}};
    for (const auto& [stored_hex, plain] : kMoreNames.at(to_hex(descriptor))) {
      const Bytes stored = hex(stored_hex);
      directory.entries.push_back({std::string(as_chars(stored)), InodeNumber{100 + directory.entries.size()}, {}});
    }
    for (const std::uint64_t number : {100u, 101u, 102u}) {
      test::FakeInode& file = volume.add(number, volume::FileType::kFile);
      file.facts.encrypted = true;
      file.context = context;
    }
    entries = &directory.entries;
  }

  [[nodiscard]] extract::WalkItem walk(fscrypt::KeyRing& keys) const {
    extract::find_key_evidence(volume, keys);
    extract::PathSelection everything({});
    extract::TreeWalker walker(volume, keys, everything);
    extract::WalkItem wanted;  // the file, or its directory where it has no name
    while (auto item = walker.next()) {
      if (item->number.value < 101 && wanted.number.value != 100) wanted = std::move(*item);
    }
    return wanted;
  }

  int version = 0;
  Bytes key, ciphertext;
  std::string name;
  fscrypt::KeyDescriptor descriptor{};
  test::FakeVolume volume;
  std::vector<volume::DirEntry>* entries = nullptr;
};

template <class Check>
int for_each_case(const Check& check) {
  int count = 0;
  for (const std::string& line : fscrypt::vectors::lines("kernel_names.txt")) {
    Case one(line);
    if (one.version != 1) continue;
    check(one);
    ++count;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_that_a_kernel_wrote_prove_their_key) {
  BOOST_TEST(for_each_case([](const Case& one) {
               fscrypt::KeyRing keys;
               BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(ByteSpan(one.key)), "right"));
               const auto file = one.walk(keys);
               BOOST_TEST(file.path == "d/" + one.name);
               BOOST_TEST(!file.locked());
               BOOST_CHECK(file.encryption->key_proof == fscrypt::KeyProof::kNames);
               BOOST_TEST(keys.given()[0].proven);
             }) == 2);
}

BOOST_AUTO_TEST_CASE(a_wrong_key_decrypts_nothing) {
  for_each_case([](const Case& one) {
    for (int flipped = 0; flipped < 64; ++flipped) {
      Bytes wrong = one.key;
      wrong[0] ^= static_cast<std::byte>(flipped + 1);
      fscrypt::KeyRing keys;
      BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(wrong), "wrong"));
      const auto file = one.walk(keys);
      BOOST_TEST(file.locked());
      BOOST_TEST(file.path != "d/" + one.name);
      BOOST_TEST(file.encryption->key_given);
      BOOST_CHECK(file.encryption->key_proof == fscrypt::KeyProof::kNone);
      BOOST_TEST(file.encryption->why_locked.starts_with("the key given for descriptor " + to_hex(one.descriptor) +
                                                         " does not decrypt its names ("));
      BOOST_TEST(!keys.given()[0].used);
      BOOST_TEST(keys.given()[0].refused == file.encryption->why_locked);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_damaged_name_does_not_refute_the_right_key) {
  for_each_case([](Case& one) {
    std::string damaged = one.entries->front().name;
    damaged[3] = static_cast<char>(damaged[3] ^ 1);
    one.entries->insert(one.entries->begin(), {damaged, InodeNumber{101}, {}});
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(ByteSpan(one.key)), "right"));
    BOOST_TEST(!one.walk(keys).locked());
    BOOST_TEST(keys.given()[0].proven);
  });
}

// The same name again is no further evidence.
BOOST_AUTO_TEST_CASE(one_short_of_proof_stays_short_however_often_it_is_repeated) {
  for_each_case([](Case& one) {
    *one.entries = std::vector<volume::DirEntry>(9, one.entries->front());
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(ByteSpan(one.key)), "right"));
    BOOST_TEST(!one.walk(keys).locked());
    BOOST_TEST(!keys.given()[0].proven);
  });
}

// Nor is it in another directory with the same nonce, which no kernel makes.
BOOST_AUTO_TEST_CASE(one_short_of_proof_stays_short_in_however_many_directories) {
  for_each_case([](Case& one) {
    one.entries->resize(1);
    test::FakeInode& root = one.volume.add(2, volume::FileType::kDir);
    const Bytes context = one.volume.add(root.entries[0].inode.value, volume::FileType::kDir).context;
    for (const std::uint64_t number : {200u, 201u, 202u, 203u, 204u, 205u, 206u, 207u}) {
      root.entries.push_back({std::to_string(number), InodeNumber{number}, {}});
      test::FakeInode& directory = one.volume.add(number, volume::FileType::kDir);
      directory.facts.encrypted = true;
      directory.context = context;
      directory.entries = *one.entries;
    }
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(ByteSpan(one.key)), "right"));
    BOOST_TEST(!one.walk(keys).locked());
    BOOST_TEST(!keys.given()[0].proven);
  });
}

// Names of two blocks of which the first, from which their ends are decrypted, is always the same, and the second
// differs where that does not matter. One wrong key of 2^16 decrypts most of them to names that end in the same two
// zeros, as these do under the policy with AES-256-CTS.
BOOST_AUTO_TEST_CASE(names_that_share_a_block_do_not_prove_a_wrong_key) {
  for_each_case([](Case& one) {
    one.entries->clear();
    for (char byte = 0; byte < 40; ++byte) {
      one.entries->push_back({std::string(16, 'x') + std::string(8, byte) + std::string(8, 'y'), InodeNumber{100}, {}});
    }
    for (const unsigned flipped : {110203u, 132691u, 176811u, 266077u}) {
      Bytes wrong = one.key;
      for (const unsigned shift : {0u, 8u, 16u}) wrong[shift / 8] ^= static_cast<std::byte>(flipped >> shift & 0xff);
      fscrypt::KeyRing keys;
      BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(wrong), "wrong"));
      extract::find_key_evidence(one.volume, keys);
      BOOST_TEST(!keys.given()[0].proven);
    }
  });
}

BOOST_AUTO_TEST_CASE(without_names_a_key_stays_unproven) {
  for_each_case([](Case& one) {
    one.entries->clear();
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(ByteSpan(one.key)), "right"));
    const auto directory = one.walk(keys);
    BOOST_TEST(directory.path == "d");
    BOOST_TEST(!directory.locked());
    BOOST_CHECK(directory.encryption->key_proof == fscrypt::KeyProof::kNone);
    BOOST_TEST(!keys.given()[0].proven);
  });
}

BOOST_AUTO_TEST_CASE(what_is_found_on_one_volume_says_nothing_of_another) {
  for_each_case([](const Case& one) {
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_v1(one.descriptor, Secret(ByteSpan(one.key)), "right"));
    extract::find_key_evidence(one.volume, keys);
    fscrypt::KeyRing::Uuid other{};
    other[0] = std::byte{1};
    BOOST_CHECK(keys.look_up(one.descriptor, one.volume.facts().uuid).proof == fscrypt::KeyProof::kNames);
    BOOST_CHECK(keys.look_up(one.descriptor, other).proof == fscrypt::KeyProof::kNone);
  });
}

// A raw key of 32 bytes may be a software secret, but not where a policy that its identifier names is of another kind.
BOOST_AUTO_TEST_CASE(what_has_a_policy_of_its_own_files_keys_is_no_software_secret) {
  fscrypt::KeyRing keys;
  const auto identifier = keys.add(Secret(Bytes(32, std::byte{1})), "raw");
  BOOST_REQUIRE(identifier);
  fscrypt::Policy lblk;
  lblk.contents_mode = 1;
  lblk.filenames_mode = 4;
  lblk.flags = fscrypt::kFlagIvInoLblk64;
  lblk.master_key = hex(*identifier);
  fscrypt::Policy own = lblk;
  own.flags = 0;
  const fscrypt::KeyRing::Uuid volume{};
  for (const bool told_first : {true, false}) {
    extract::KeyEvidence evidence(keys, volume, true);
    if (told_first) BOOST_TEST(!evidence.wants_tails(own));
    BOOST_TEST(evidence.wants_tails(lblk) == !told_first);
    evidence.add_tail(lblk, [](const fscrypt::MasterKey&) { return Bytes(100, std::byte{1}); });
    if (!told_first) {
      BOOST_TEST(!evidence.decided());
      BOOST_TEST(!evidence.wants_tails(own));
    }
    BOOST_TEST(evidence.decided());
    evidence.judge();
    BOOST_TEST(keys.look_up(hex(*identifier), volume).refused.empty());
  }

  // Where no policy can have these flags, nothing is looked for, and nothing stands for a key that is.
  BOOST_REQUIRE(keys.add_v1({}, Secret(Bytes(64, std::byte{2})), "v1"));
  extract::KeyEvidence evidence(keys, volume, false);
  BOOST_TEST(!evidence.wants_tails(lblk));
  BOOST_TEST(!evidence.wants_tails(own));
  BOOST_TEST(!evidence.decided());
}

BOOST_AUTO_TEST_SUITE_END()
