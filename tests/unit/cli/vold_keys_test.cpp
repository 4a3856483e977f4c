#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "core/base/text.hpp"
#include "core/report/json_value.hpp"
#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/fs/disk_builder.hpp"

namespace coldread::test {

namespace {

/// The sample android-vold, and the secret that opens user 0's CE key in it.
struct Fixture {
  TempDir temp;
  std::string dir = temp / "";
  std::string image = temp / "image.img";
  std::string secret = sample("android-vold") + "/secrets/user_0.secret";
  Fixture() { unpack("android-vold", image); }

  /// "STATE" of each directory by its path, with the reason after it where there is one.
  [[nodiscard]] std::string state(const std::string& path, const std::vector<std::string>& options = {}) const {
    std::vector<std::string> line{"keys", image, "--json", "-q"};
    line.insert(line.end(), options.begin(), options.end());
    const auto whole = report::JsonValue::parse(run(line).out);
    BOOST_REQUIRE(whole);
    const auto list = whole->get("vold");
    if (!list) return "none at all";
    const auto keys = list->elements().value();
    for (const report::JsonValue& key : keys) {
      if (key.get("path")->text() != path) continue;
      const auto why = key.get("why");
      return *key.get("state")->text() + (why ? ": " + *why->text() : "");
    }
    return "absent";
  }

  /// Changes one byte of a file's content, wherever in the image that lies.
  void damage(const std::string& path, std::size_t at) const {
    std::string bytes = slurp(image);
    const std::string content = run({"cat", image, path, "-q"}).out;
    const std::size_t found = bytes.find(content);
    BOOST_REQUIRE(content.size() > at && found != std::string::npos);
    bytes[found + at] = static_cast<char>(bytes[found + at] ^ 1);
    spill(image, bytes);
  }
};

const std::string kCe = "/misc/vold/user_keys/ce/0/current";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cli_vold_keys, Fixture)

BOOST_AUTO_TEST_CASE(an_image_opens_with_the_keys_that_it_holds) {
  BOOST_TEST(state("/unencrypted/key") == "opened");
  // Below what the first one opens, and below what that one opens.
  BOOST_TEST(state("/misc/vold/user_keys/de/0") == "opened");
  BOOST_TEST(state("/misc_de/0/vold/volume_keys/0a5f3c2e-91d4-4b7a-8e6f-2d1c0b9a8f7e/default") == "opened");
  BOOST_TEST(state("/metadata/vold/metadata_encryption/key") == "opened");
  BOOST_TEST(run({"cat", image, "user_de/0/org.example.notes/files/first.txt"}).out == "Kept below user_de/0.\n");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
  BOOST_TEST(state("/misc/vold/user_keys/de/10") ==
             "missing: it needs the phone's Keymaster: its blob of 244 bytes is of a form that is not known");
  BOOST_TEST(state(kCe) == "missing: it needs the secret by which vold seals it");
  spill(dir + "wrong", std::string(32, 'x'));
  BOOST_TEST(state(kCe, {"--vold-secret", dir + "wrong"}) == "missing: no secret that was given opens it");
  const Run wrong = run({"keys", image, "--vold-secret", dir + "wrong"});
  BOOST_TEST(wrong.code == 1);
  BOOST_TEST(wrong.err == "coldread: " + dir + "wrong: this secret opens none of the image's vold key directories\n");
  spill(dir + "again", slurp(secret));
  BOOST_TEST(run({"keys", image, "--vold-secret", secret, "--vold-secret", dir + "again"}).err.empty());
}

BOOST_AUTO_TEST_CASE(a_secret_opens_what_the_user_s_credential_would) {
  BOOST_TEST(state(kCe, {"--vold-secret", secret}) == "opened");
  spill(dir + "hex", to_hex(as_bytes(slurp(secret))) + "\n");
  const std::string path = "data/org.example.notes/files/first.txt";
  const Run opened = run({"cat", image, path, "--vold-secret", dir + "hex"});
  BOOST_TEST(opened.out == "Kept below data.\n");
  BOOST_TEST(opened.err == "", "the other keys were not given, and so are not called useless");
  BOOST_TEST(run({"cat", image, path}).code == 3);
}

BOOST_AUTO_TEST_CASE(keys_are_looked_for_on_every_partition) {
  constexpr std::uint32_t kMib = 2048;  // in sectors
  fs::test::DiskBuilder disk(std::size_t{42} << 20);
  disk.dos_entry(0, 0, 0x83, kMib, 16 * kMib);
  disk.dos_entry(0, 1, 0x83, 17 * kMib, 24 * kMib);
  disk.put(std::uint64_t{1} << 20, slurp(image));
  unpack("first-light", dir + "other.img");
  disk.put(std::uint64_t{17} << 20, slurp(dir + "other.img"));
  spill(image, disk.bytes());
  const std::string line = "p1: vold system DE key in /unencrypted/key: opened by the software Keymaster's blob";
  const std::vector<std::vector<std::string>> choices{
      {}, {"--partition", "1"}, {"--partition", "2"}, {"--offset", "17825792"}};
  for (const auto& choice : choices) {
    std::vector<std::string> words{"keys", image};
    words.insert(words.end(), choice.begin(), choice.end());
    BOOST_TEST(run(words).out.find(line) != std::string::npos, choice.size());
  }
  BOOST_TEST(run({"keys", image, "--partition", "1"}).out.find("opened by vold: p1:/unencrypted/key") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_key_is_no_key) {
  damage("unencrypted/key/encrypted_key", 20);
  BOOST_TEST(
      state("/unencrypted/key") ==
      "damaged: encrypted_key is damaged, or is not this blob's: the tag differs under the key that the blob holds");
  BOOST_TEST(state("/misc/vold/user_keys/de/0") == "absent", "it lies below what is locked now");
  BOOST_TEST(state("/metadata/vold/metadata_encryption/key") == "opened");
}

BOOST_AUTO_TEST_CASE(a_damaged_secdiscardable_is_named_and_not_needed) {
  damage("unencrypted/key/secdiscardable", 4000);
  BOOST_TEST(state("/unencrypted/key") == "opened");
  BOOST_TEST(run({"keys", image}).out.find("the HMAC of its Keymaster blob does not hold for its secdiscardable") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_byte_of_a_key_or_secret_is_told) {
  const Run text = run({"keys", image, "--vold-secret", secret, "-v"});
  const Run json = run({"keys", image, "--vold-secret", secret, "--json"});
  BOOST_TEST(text.out.find("vold user 0 CE key in " + kCe + ": opened by the secret in " + secret) !=
             std::string::npos);
  std::vector<std::string> files{secret};
  for (const auto& key : std::filesystem::directory_iterator(sample("android-vold") + "/keys")) {
    files.push_back(key.path());
  }
  BOOST_TEST(files.size() == 5U);
  for (const std::string& file : files) {
    const std::string content = slurp(file);
    const std::string hex = to_hex(as_bytes(content));
    for (std::size_t at = 0; at + 8 <= content.size(); at += 8) {
      for (const std::string& output : {text.out, text.err, json.out, json.err}) {
        BOOST_TEST(output.find(hex.substr(2 * at, 16)) == std::string::npos);
        BOOST_TEST(output.find(content.substr(at, 8)) == std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_secret_is_refused) {
  spill(dir + "short", "short");
  for (const std::string& bad : {dir + "short", dir + "no-such-file"}) {
    const Run refused = run({"keys", image, "--vold-secret", bad});
    BOOST_TEST(refused.code == 2);
    BOOST_TEST(is_one_sentence(refused.err), refused.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::test
