#include "core/extract/sidecar_volume.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/text.hpp"
#include "core/extract/content.hpp"
#include "core/extract/key_evidence.hpp"
#include "core/source/memory_source.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace

BOOST_AUTO_TEST_SUITE(sidecar_volume)

namespace {

/// A locked file of 9000 bytes, whose second of three blocks is a hole.
struct Case {
  Case() : stored(12288, std::byte{0x5a}) {
    identifier = keys.add(Secret(ByteSpan(Bytes(32, std::byte{1}))), "key").value();
    filesystem = {"ext4", "40414243-4445-4647-4849-4a4b4c4d4e4f", 4096, {}};
    entry.inode = 13;
    entry.size = 9000;
    entry.ciphertext.emplace();
    context("02010403");
    entry.ciphertext->file.emplace();
    file().size = stored.size();
    run(0, 4096, "stored");
    run(4096, 4096, "hole");
    run(8192, 4096, "stored");
    std::fill(stored.begin() + 4096, stored.begin() + 8192, std::byte{0});
  }
  void context(const std::string& modes_and_flags) {
    entry.ciphertext->context = modes_and_flags + "00000000" + identifier + "000102030405060708090a0b0c0d0e0f";
  }
  void run(std::uint64_t offset, std::uint64_t length, const std::string& kind) {
    report::Run added;
    added.offset = offset;
    added.length = length;
    added.kind = kind;
    file().runs.push_back(added);
  }
  report::CiphertextFile& file() { return *entry.ciphertext->file; }

  [[nodiscard]] Result<std::unique_ptr<const extract::SidecarVolume>> make() const {
    return extract::SidecarVolume::make(filesystem, entry, std::make_shared<source::MemorySource>(stored), {});
  }
  [[nodiscard]] std::string refusal() const {
    const auto made = make();
    return made ? "" : made.error().message();
  }
  /// The faults of all of it.
  [[nodiscard]] std::vector<read::BlockFault> faults() const {
    const auto volume = make();
    BOOST_REQUIRE(volume);
    const auto encryption = extract::find_encryption((*volume)->inode(), keys, (*volume)->facts());
    const auto plan = extract::plan_content(**volume, (*volume)->inode(), &**encryption, 4096);
    Bytes buffer(plan.reader->window_size());
    read::Window window;
    plan.reader->read(0, buffer, window);
    return window.faults;
  }

  fscrypt::KeyRing keys;
  std::string identifier;
  report::SidecarFilesystem filesystem;
  report::SidecarEntry entry;
  Bytes stored;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(takes_what_fits_together, Case) {
  BOOST_TEST(refusal() == "");
  BOOST_TEST(faults().empty());
}

BOOST_FIXTURE_TEST_CASE(runs_are_all_of_the_file, Case) {
  const auto runs = file().runs;
  const std::string cannot_be = "what the report says of it cannot be: ";
  file().runs.erase(file().runs.begin() + 1);
  BOOST_TEST(refusal() == cannot_be + "a run at 8192 does not go on at 4096");
  file().runs.assign(runs.begin(), runs.begin() + 2);
  BOOST_TEST(refusal() == cannot_be + "its runs end at 8192");
  file().runs = {runs[1], runs[0], runs[2]};
  BOOST_TEST(refusal() == cannot_be + "a run at 4096 does not go on at 0");
  file().runs = {runs[0], runs[0], runs[1], runs[2]};
  BOOST_TEST(refusal() == cannot_be + "a run at 0 does not go on at 4096");
  file().runs = runs;
  file().runs[1].length = 0;
  BOOST_TEST(refusal() == cannot_be + "a run at 4096 is empty");
  file().runs[1].length = ~std::uint64_t{0};
  BOOST_TEST(refusal() == cannot_be + "a run at 4096 ends past the file's 12288");
}

BOOST_FIXTURE_TEST_CASE(a_hole_has_no_data, Case) {
  stored[8191] = std::byte{1};
  BOOST_TEST(refusal() == "what the report says of it cannot be: nothing is stored at 4096, and there is data");
  stored[8191] = std::byte{0};
  file().runs[2].kind = "unwritten";
  BOOST_TEST(refusal() == "what the report says of it cannot be: nothing is stored at 8192, and there is data");
}

BOOST_FIXTURE_TEST_CASE(content_ends_in_the_last_block, Case) {
  entry.size = 12288;
  BOOST_TEST(refusal() == "");
  for (const std::uint64_t size : {0U, 8192U, 12289U}) {
    entry.size = size;
    BOOST_TEST(refusal() ==
               "what the report says of it cannot be: " + std::to_string(size) + " bytes in a ciphertext of 12288");
  }
  entry.size = 8192;
  file().verity = true;  // whose metadata lies past the end
  BOOST_TEST(refusal() == "");
}

BOOST_FIXTURE_TEST_CASE(bad_ranges_may_come_in_any_order, Case) {
  file().bad = {{{8192, 4096}, "read", "late"},
                {{0, 4096}, "read", "early"},
                {{0, 4096}, "read", "again"},
                {{4096, 4096}, "map", "unmapped"}};
  const auto found = faults();
  BOOST_REQUIRE(found.size() == 3u);
  BOOST_TEST(found[0].reason == "early");
  BOOST_TEST(found[1].reason == "unmapped");
  BOOST_CHECK(found[1].step == read::StepKind::kMap);
  BOOST_TEST(found[2].reason == "late");
  BOOST_TEST(found[2].range.offset == 8192u);
}

// Its identifier proves a raw key; as the software secret of a hardware-wrapped one it has the same.
BOOST_FIXTURE_TEST_CASE(what_lies_past_the_end_speaks_against_a_software_secret_that_is_given_as_a_raw_key, Case) {
  for (const char* const type : {"ext4", "f2fs"}) {
    filesystem.type = type;
    context("0201040b");  // IV_INO_LBLK_64
    const auto volume = make();
    BOOST_REQUIRE(volume);
    extract::find_key_evidence(**volume, (*volume)->inode(), keys);
    const auto encryption = extract::find_encryption((*volume)->inode(), keys, (*volume)->facts());
    BOOST_REQUIRE(encryption);
    BOOST_CHECK((*encryption)->key == nullptr);
    BOOST_TEST((*encryption)->why_locked.find("give it with --sw-secret") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(what_lies_past_the_end_speaks_against_a_wrong_inline_key, Case) {
  fscrypt::KeyRing wrapped;
  std::vector<fscrypt::NamedSecret> secrets;
  secrets.push_back({"sw", Secret(ByteSpan(Bytes(32, std::byte{2})))});
  std::vector<fscrypt::NamedSecret> inline_keys;
  inline_keys.push_back({"inline", Secret(ByteSpan(Bytes(64, std::byte{3})))});
  BOOST_REQUIRE(wrapped.add_hw_parts(secrets, inline_keys));
  identifier = wrapped.given()[0].identifier_hex;
  context("0201040b");
  const auto volume = make();
  BOOST_REQUIRE(volume);
  extract::find_key_evidence(**volume, (*volume)->inode(), wrapped);
  const auto encryption = extract::find_encryption((*volume)->inode(), wrapped, (*volume)->facts());
  BOOST_REQUIRE(encryption);
  BOOST_CHECK((*encryption)->key == nullptr);
  BOOST_TEST((*encryption)->why_locked.ends_with("wrong inline key"), (*encryption)->why_locked);
}

BOOST_FIXTURE_TEST_CASE(an_inode_number_of_more_than_32_bits_has_no_iv_with_it, Case) {
  context("0201040b");
  entry.inode = (std::uint64_t{1} << 32) + 13;
  const auto found = faults();
  BOOST_REQUIRE(!found.empty());
  BOOST_TEST(found[0].reason.find("does not fit into the 32 bits") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
