#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <list>
#include <sstream>

#include "core/base/text.hpp"
#include "core/extract/key_evidence.hpp"
#include "core/extract/tree_walker.hpp"
#include "tests/unit/core/extract/fake_volume.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace

BOOST_AUTO_TEST_SUITE(hw_wrapped_keys)

namespace {

constexpr std::string_view kContent = "The hardware knows the key, and its owner does not.\n";

Bytes hex(std::string_view text) { return from_hex(text).value(); }

/// A line of hw_wrapped.txt as a volume: /DIRECTORY/FILE, under the policy of that line.
struct Case {
  explicit Case(const std::string& line) : volume(1 << 20) {
    std::istringstream words(line);
    std::string raw_hex;
    std::string secret_hex;
    std::string inline_hex;
    std::string context_hex;
    std::string name_hex;
    std::string content_hex;
    words >> kdf >> raw_hex >> secret_hex >> inline_hex >> context_hex >> name_hex >> content_hex;
    raw = hex(raw_hex);
    secret = hex(secret_hex);
    inline_key = hex(inline_hex);
    context = hex(context_hex);
    volume.facts_to_set().block_size = 512;
    for (std::size_t i = 0; i < 16; ++i) volume.facts_to_set().uuid[i] = static_cast<std::byte>(0x40 + i);
    volume.add(2, volume::FileType::kDir).entries = {{"d", InodeNumber{12}, {}}};
    FakeInode& directory = encrypted(12, volume::FileType::kDir);
    const Bytes name = hex(name_hex);
    directory.entries = {{std::string(as_chars(name)), InodeNumber{13}, {}}};
    FakeInode& file = encrypted(13, volume::FileType::kFile);
    file.facts.size = kContent.size();
    file.extents = {{0, 512, read::ExtentKind::kStored, 4096}};
    volume.bytes().put(4096, hex(content_hex));
  }

  using FakeInode = test::FakeInode;
  FakeInode& encrypted(std::uint64_t number, volume::FileType type) {
    FakeInode& inode = volume.add(number, type);
    inode.facts.encrypted = true;
    inode.context = context;
    return inode;
  }
  FakeInode& file() { return encrypted(13, volume::FileType::kFile); }

  /// The file as it is found with these keys, after they were judged: its path and item.
  [[nodiscard]] extract::WalkItem walk(fscrypt::KeyRing& keys) const {
    extract::find_key_evidence(volume, keys);
    extract::PathSelection everything({});
    extract::TreeWalker walker(volume, keys, everything);
    extract::WalkItem last;
    while (auto item = walker.next()) last = std::move(*item);
    return last;
  }

  [[nodiscard]] std::string content(const extract::WalkItem& item) const {
    const auto plan = extract::plan_content(volume, *item.inode, &*item.encryption, 4096);
    Bytes page(4096);
    read::Window window;
    plan.reader->read(0, page, window);
    return window.faults.empty() ? std::string(as_chars(ByteSpan(page).first(kContent.size())))
                                 : window.faults[0].reason;
  }

  std::string kdf;
  Bytes raw, secret, inline_key, context;
  test::FakeVolume volume;
};

std::list<Case> cases() {
  std::list<Case> all;
  std::ifstream in(std::string(COLDREAD_SOURCE_DIR) + "/tests/unit/core/extract/hw_wrapped.txt");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#')) all.emplace_back(line);
  }
  return all;
}

std::vector<fscrypt::NamedSecret> named(const std::vector<Bytes>& keys, const std::string& origin) {
  std::vector<fscrypt::NamedSecret> all;
  all.reserve(keys.size());
  for (const Bytes& key : keys) all.push_back({origin + std::to_string(all.size()), Secret(ByteSpan(key))});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_raw_key_opens_names_and_contents_by_each_way_of_deriving) {
  const auto all = cases();
  BOOST_TEST(all.size() == 5u);
  for (const Case& one : all) {
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_hw(Secret(ByteSpan(one.raw)), "raw"));
    const auto file = one.walk(keys);
    BOOST_TEST(file.path == "d/wrapped.txt");
    BOOST_REQUIRE(!file.locked());
    BOOST_TEST(one.content(file) == kContent);
    const auto proof = one.kdf == "rearranged" ? fscrypt::KeyProof::kIdentifier : fscrypt::KeyProof::kContents;
    BOOST_CHECK(file.encryption->key_proof == proof);
    BOOST_TEST(keys.given().front().used);
    BOOST_TEST(keys.given().front().proven);
  }
}

BOOST_AUTO_TEST_CASE(the_right_inline_key_of_several_is_found_by_what_it_decrypts) {
  for (const Case& one : cases()) {
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(
        keys.add_hw_parts(named({one.secret, Bytes(32)}, "sw"), named({Bytes(64), one.inline_key}, "inline")));
    const auto file = one.walk(keys);
    BOOST_TEST(file.path == "d/wrapped.txt");
    BOOST_CHECK(file.encryption->key_proof == fscrypt::KeyProof::kContents);
    BOOST_TEST(one.content(file) == kContent);
    const auto given = keys.given();
    BOOST_REQUIRE(given.size() == 4u);
    BOOST_TEST(given[0].used);
    BOOST_TEST(!given[1].used);
    BOOST_TEST(!given[2].used);
    BOOST_TEST(given[3].used);
    BOOST_TEST(given[3].proven);
    BOOST_TEST(given[3].name() == "inline key");
    BOOST_TEST(keys.origin_of(file.encryption->context.policy.master_key, one.volume.facts().uuid) ==
               "sw0 and inline1");
  }
}

BOOST_AUTO_TEST_CASE(a_software_secret_alone_opens_names_and_no_contents) {
  for (const Case& one : cases()) {
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_hw_parts(named({one.secret}, "sw"), {}));
    const auto file = one.walk(keys);
    BOOST_TEST(file.path == "d/wrapped.txt");
    BOOST_TEST(file.locked());
    BOOST_TEST(file.encryption->key_given);
    BOOST_TEST(file.encryption->why_locked.find("the inline key of contents is missing") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_inline_key_decrypts_nothing) {
  for (const Case& one : cases()) {
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_hw_parts(named({one.secret}, "sw"), named({Bytes(64, std::byte{9})}, "inline")));
    const auto file = one.walk(keys);
    BOOST_TEST(file.path == "d/wrapped.txt");
    BOOST_TEST(file.locked());
    BOOST_TEST(file.encryption->why_locked.ends_with("wrong inline key"), file.encryption->why_locked);
    BOOST_TEST(!keys.given()[1].used);
    BOOST_TEST(keys.given()[1].refused.ends_with("wrong inline key"));
  }
}

BOOST_AUTO_TEST_CASE(where_no_file_has_bytes_past_its_end_an_inline_key_is_unproven_and_no_choice_is_made) {
  for (Case& one : cases()) {
    Case::FakeInode& inode = one.file();
    inode.facts.size = 512;
    inode.extents = {{0, 512, read::ExtentKind::kStored, 4096}};
    fscrypt::KeyRing vouched;
    BOOST_REQUIRE(vouched.add_hw_parts(named({one.secret}, "sw"), named({one.inline_key}, "inline")));
    const auto file = one.walk(vouched);
    BOOST_TEST(!file.locked());
    BOOST_CHECK(file.encryption->key_proof == fscrypt::KeyProof::kNone);
    BOOST_TEST(one.content(file) == kContent);
    BOOST_TEST(vouched.given()[1].used);
    BOOST_TEST(!vouched.given()[1].proven);

    fscrypt::KeyRing either;
    BOOST_REQUIRE(
        either.add_hw_parts(named({one.secret}, "sw"), named({one.inline_key, Bytes(64, std::byte{9})}, "inline")));
    const auto undecided = one.walk(either);
    BOOST_TEST(undecided.path == "d/wrapped.txt");
    BOOST_TEST(undecided.locked());
    BOOST_TEST(undecided.encryption->why_locked.find("tells which inline key") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_hardware_wrapped_key_opens_only_policies_with_iv_ino_lblk) {
  for (Case& one : cases()) {
    one.context[3] = std::byte{3};
    one.encrypted(12, volume::FileType::kDir);
    one.file();
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add_hw(Secret(ByteSpan(one.raw)), "raw"));
    const auto file = one.walk(keys);
    BOOST_TEST(file.locked());
    BOOST_TEST(file.path != "d/wrapped.txt");
    BOOST_TEST(file.encryption->why_locked.find("without IV_INO_LBLK_64 or IV_INO_LBLK_32 is not supported") !=
               std::string::npos);
  }
}

// The identifiers of raw and of hardware-wrapped keys differ upstream; those of Android's earlier kernels do not.
BOOST_AUTO_TEST_CASE(what_is_wrapped_is_not_raw) {
  for (const Case& one : cases()) {
    fscrypt::KeyRing raw;
    BOOST_REQUIRE(raw.add(Secret(ByteSpan(one.raw)), "raw"));
    BOOST_TEST(one.walk(raw).locked());
    BOOST_REQUIRE(raw.add(Secret(ByteSpan(one.secret)), "secret"));
    const auto both = raw.add_hw_parts(named({one.secret}, "sw"), {});
    BOOST_REQUIRE(!both);
    BOOST_TEST(both.error().message() ==
               "sw0: the same bytes were given as a key and as a hardware-wrapped key's software secret: they are one "
               "of them");
  }
}

// What Android's earlier kernels made the identifier of is the same for both: what contents decrypt to tells.
BOOST_AUTO_TEST_CASE(a_software_secret_that_is_given_as_a_raw_key_decrypts_no_contents) {
  int old = 0;
  for (const Case& one : cases()) {
    fscrypt::KeyRing keys;
    BOOST_REQUIRE(keys.add(Secret(ByteSpan(one.secret)), "raw"));
    const auto file = one.walk(keys);
    BOOST_TEST(file.locked());
    if (!file.encryption->key_given) continue;
    ++old;
    BOOST_TEST(file.path == "d/wrapped.txt");
    BOOST_TEST(file.encryption->why_locked.find("give it with --sw-secret") != std::string::npos);
  }
  BOOST_TEST(old > 0);
}

BOOST_AUTO_TEST_CASE(sizes_of_the_parts) {
  fscrypt::KeyRing keys;
  const auto wrong = [](const Result<void>& result) { return result ? std::string() : result.error().message(); };
  BOOST_TEST(wrong(keys.add_hw(Secret(64), "f")) ==
             "f: the raw key behind a hardware-wrapped one has 32 bytes, not 64");
  BOOST_TEST(wrong(keys.add_hw_parts(named({Bytes(64)}, "f"), {})) == "f0: a software secret has 32 bytes, not 64");
  BOOST_TEST(wrong(keys.add_hw_parts(named({Bytes(32)}, "f"), named({Bytes(32)}, "g"))) ==
             "g0: an inline key has 64 bytes, not 32");
}

BOOST_AUTO_TEST_SUITE_END()
