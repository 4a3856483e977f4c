#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/base/text.hpp"
#include "tests/support/cli_runner.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

namespace coldread::test {

namespace stdfs = std::filesystem;

namespace {

constexpr std::size_t kSize = std::size_t{2} << 20;
const std::string kProtector = "509eafe591531d4f";
const std::string kPolicy = "d7b8026890a5e146e0c505f1aab9b854";
const std::string kLogin = "0529413b17ae6ee5";
const std::string kRaw = "3b3f37f281fbedfa";

/// A message of protectors.txt.
std::string message(const std::string& wanted) {
  for (const std::string& line : fscrypt::vectors::lines("protectors.txt")) {
    const std::size_t space = line.find(' ');
    const Bytes bytes = from_hex(line.substr(space + 1)).value();
    if (line.substr(0, space) == wanted) return ByteView(bytes).str();
  }
  return "";
}

/// Images with metadata of fscrypt(8) that mke2fs puts into them.
struct MetadataImage {
  MetadataImage() : dir(temp / ""), image(dir + "image.img"), passphrase(dir + "passphrase"), raw(dir + "raw.key") {
    stdfs::create_directories(dir + "root/.fscrypt/policies");
    stdfs::create_directories(dir + "root/.fscrypt/protectors");
    spill(passphrase, "correct horse\n");
    spill(dir + "wrong", "correct horses\n");
    spill(raw, std::string(32, '\5'));
  }
  void policy(const std::string& name) const { spill(dir + "root/.fscrypt/policies/" + kPolicy, message(name)); }
  void protector(const std::string& name, const std::string& content) const {
    spill(dir + "root/.fscrypt/protectors/" + name, content);
  }
  [[nodiscard]] std::string make(const std::string& options = "") const {
    stdfs::remove(image);
    const std::string command = "PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext4 -O encrypt -b 1024 " + options +
                                " -d '" + dir + "root' '" + image + "' 2M >/dev/null";
    BOOST_REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own words
    return slurp(image);
  }
  [[nodiscard]] Run keys(const std::vector<std::string>& options) const {
    std::vector<std::string> line{"keys", image};
    line.insert(line.end(), options.begin(), options.end());
    return run(line);
  }

  TempDir temp;
  std::string dir;
  std::string image;
  std::string passphrase;
  std::string raw;
};

/// One partition of an MBR, of the size of such an image, at a multiple of it.
std::string partition(unsigned at) {
  const auto sectors = static_cast<unsigned>(kSize / 512);
  std::string entry("\0\0\0\0\x83\0\0\0", 8);
  for (const unsigned number : {at * sectors, sectors}) {
    for (unsigned shift = 0; shift < 32; shift += 8) entry += static_cast<char>(number >> shift & 0xffU);
  }
  return entry;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(image_keys, MetadataImage)

BOOST_AUTO_TEST_CASE(protectors_are_listed_with_what_opens_them) {
  protector(kProtector, message("passphrase"));
  protector(kRaw, message("raw"));
  policy("policy-v2");
  static_cast<void>(make());
  const Run locked = keys({});
  BOOST_TEST(locked.code == 0);
  BOOST_TEST(locked.err.empty());
  BOOST_TEST(has(locked.out, "protector 'home' (" + kProtector + "): custom passphrase; keeps key "), locked.out);
  BOOST_TEST(has(locked.out, "to be opened by protector 'home' (" + kProtector +
                                 ") by its custom passphrase (--passphrase-file), protector 'stick' (" + kRaw +
                                 ") by its raw key (--key)"),
             locked.out);

  const Run opened = keys({"--passphrase-file", passphrase});
  BOOST_TEST(opened.code == 0);
  BOOST_TEST(opened.err.empty(), opened.err);
  BOOST_TEST(has(opened.out, ": opened by " + passphrase + ", protector 'home' (" + kProtector + ")"), opened.out);
  const Run by_key = keys({"--key", raw});
  BOOST_TEST(by_key.err.empty(), by_key.err);
  BOOST_TEST(has(by_key.out, ": opened by " + raw + ", protector 'stick' (" + kRaw + ")"), by_key.out);
  BOOST_TEST(has(keys({"--json", "--key", raw}).out, "\"source\": \"raw_key\""));
}

BOOST_AUTO_TEST_CASE(a_wrong_passphrase_is_one_sentence) {
  protector(kProtector, message("passphrase"));
  protector(kLogin, message("login"));
  policy("policy-v2");
  static_cast<void>(make());
  const Run wrong = keys({"--passphrase-file", dir + "wrong"});
  BOOST_TEST(is_one_sentence(wrong.err), wrong.err);
  BOOST_TEST(has(wrong.err, dir + "wrong: this passphrase opens nothing on the image (fscrypt's protectors with a "
                                  "passphrase: 2; e4crypt's salts: 0)"),
             wrong.err);
  BOOST_TEST(!has(wrong.out, "; opened by"));
  BOOST_TEST(has(wrong.out, "; not opened"), wrong.out);
  BOOST_TEST(is_one_sentence(keys({"--passphrase-file", dir + "none"}).err));
  BOOST_TEST(keys({"--passphrase-file", dir + "none"}).code == 2);
  BOOST_TEST(keys({"--passphrase-file", "-", "--key", "-"}).code == 2);
  BOOST_TEST(keys({"--passphrase-file", passphrase, "--passphrase-salt", "pepper"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_passphrase_that_is_given_twice_opens_what_it_opens) {
  protector(kProtector, message("passphrase"));
  policy("policy-v2");
  static_cast<void>(make());
  spill(dir + "again", "correct horse");
  const Run twice = keys({"--passphrase-file", passphrase, "--passphrase-file", dir + "again"});
  BOOST_TEST(twice.err.empty(), twice.err);
}

BOOST_AUTO_TEST_CASE(a_line_end_that_is_left_is_told) {
  protector(kProtector, message("passphrase"));
  policy("policy-v2");
  static_cast<void>(make());
  for (const char* const end : {"\n\n", "\r\n"}) {
    spill(dir + "lines", std::string("correct horse") + end);
    const Run wrong = keys({"--passphrase-file", dir + "lines"});
    BOOST_TEST(is_one_sentence(wrong.err), wrong.err);
    BOOST_TEST(has(wrong.err, "; the file has a further line end, which is taken for a part of it"), wrong.err);
  }
  BOOST_TEST(!has(keys({"--passphrase-file", dir + "wrong"}).err, "line end"));
}

BOOST_AUTO_TEST_CASE(options_that_would_do_nothing_are_refused) {
  static_cast<void>(make());
  const Run salt = keys({"--passphrase-salt", "s:pepper"});
  BOOST_TEST(salt.code == 2);
  BOOST_TEST(is_one_sentence(salt.err), salt.err);
  for (const char* const option : {"--hw-key", "--sw-secret", "--vold-secret"}) {
    const Run twice = keys({"--key", "-", option, "-"});
    BOOST_TEST(twice.code == 2);
    BOOST_TEST(has(twice.err, "standard input (-) can be given for one key, secret or passphrase only"), twice.err);
  }
  for (const char* const option : {"--passphrase-file", "--vold-secret"}) {
    const Run decrypt = run({"decrypt", image, "--sidecar", image, option, passphrase});
    BOOST_TEST(decrypt.code == 2);
    BOOST_TEST(is_one_sentence(decrypt.err), decrypt.err);
    BOOST_TEST(has(decrypt.err, "not expected"), decrypt.err);
  }
}

BOOST_AUTO_TEST_CASE(an_interrupt_calls_no_key_missing) {
  protector(kProtector, message("passphrase"));
  policy("policy-v2");
  static_cast<void>(make());
  const Run ended = run({"keys", image, "--passphrase-file", passphrase}, "", true);
  BOOST_TEST(ended.code == 130);
  BOOST_TEST(ended.out.empty(), ended.out);
  BOOST_TEST(is_one_sentence(ended.err), ended.err);
  const Run extracted = run({"extract", image, "-o", dir + "out", "--passphrase-file", passphrase}, "", true);
  BOOST_TEST(extracted.code == 130);
  BOOST_TEST(!has(extracted.err, "opens nothing"), extracted.err);
}

BOOST_AUTO_TEST_CASE(damage_has_its_own_sentences) {
  protector("aaaaaaaaaaaaaaaa", "\x0a");
  protector("bbbbbbbbbbbbbbbb.link", "nothing\n");
  protector("cccccccccccccccc", std::string(20000, 'x'));
  protector(".tmp123", "x");
  protector("0000000000000000", message("misnamed"));
  protector("1111111111111111", message("passphrase"));
  policy("policy-other-key");
  spill(dir + "root/.fscrypt/policies/00", "x");
  static_cast<void>(make());
  const Run damaged = keys({"--passphrase-file", passphrase});
  BOOST_TEST(damaged.code == 1);
  for (const char* const sentence :
       {"protectors/aaaaaaaaaaaaaaaa: this protector is damaged: it is no protobuf message",
        "protectors/bbbbbbbbbbbbbbbb.link: this link to a protector is damaged: it names no filesystem",
        "protectors/cccccccccccccccc: metadata of fscrypt(8) cannot be read: its 20000 bytes are more than",
        "protectors/1111111111111111: this protector is damaged: it is that of descriptor 509eafe591531d4f",
        "policies/00: this policy's metadata is damaged",
        "the key that it opens to is not the one that it is named for but that of 509eafe591531d4f"}) {
    BOOST_TEST(has(damaged.err, sentence), damaged.err << " lacks: " << sentence);
  }
  BOOST_TEST(!has(damaged.err, ".tmp123"));
  const Run quiet = keys({"--json", "-q"});
  BOOST_TEST(quiet.err.empty());
  BOOST_TEST(has(quiet.out, "\"protector_problems\": ["), quiet.out);
  BOOST_TEST(!has(damaged.out, "v2 key d7b8026890a5e146e0c505f1aab9b854: opened"), damaged.out);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_the_policys_is_not_used) {
  protector(kProtector, message("passphrase"));
  policy("policy-other-key");
  static_cast<void>(make());
  const Run other = keys({"--passphrase-file", passphrase});
  BOOST_TEST(other.code == 1);
  BOOST_TEST(has(other.err, "the key that protector " + kProtector + " keeps for it is another's"), other.err);
  BOOST_TEST(!has(other.out, "key d7b8026890a5e146e0c505f1aab9b854: opened"), other.out);
}

BOOST_AUTO_TEST_CASE(costs_of_a_hostile_image_are_not_paid) {
  // A memory cost of 4 TiB less a KiB, merged over what the protector had.
  protector(kProtector, message("passphrase") + std::string("\x22\x06\x18\xff\xff\xff\xff\x0f", 8));
  policy("policy-v2");
  static_cast<void>(make());
  const Run hostile = keys({"--passphrase-file", passphrase});
  BOOST_TEST(
      has(hostile.err, "this protector is not opened: hashing a passphrase for it takes 4294967295 KiB of memory"),
      hostile.err);
  BOOST_TEST(has(hostile.err, "this passphrase opens nothing"), hostile.err);
}

BOOST_AUTO_TEST_CASE(a_protector_on_another_partition_is_found) {
  protector(kProtector, message("passphrase"));
  const std::string first = make();
  stdfs::remove(dir + "root/.fscrypt/protectors/" + kProtector);
  protector(kProtector + ".link", "UUID=01234567-89ab-cdef-0123-456789abcdef\nPATH=/mnt/first\n");
  policy("policy-v2");
  const std::string second = make();

  const Run missing = keys({"--passphrase-file", passphrase});
  BOOST_TEST(has(missing.out, "protector (" + kProtector +
                                  "), which is not on the image but on the filesystem "
                                  "01234567-89ab-cdef-0123-456789abcdef that was mounted at /mnt/first"),
             missing.out);

  std::string table(kSize, '\0');
  table.replace(446, 32, partition(1) + partition(2));
  table.replace(510, 2, "\x55\xaa");
  spill(image, table + first + second);
  for (const std::vector<std::string>& chosen : {std::vector<std::string>{}, {"--partition", "2"}}) {
    std::vector<std::string> options{"--passphrase-file", passphrase};
    options.insert(options.end(), chosen.begin(), chosen.end());
    const Run found = keys(options);
    BOOST_TEST(found.code == 0, found.err);
    BOOST_TEST(has(found.out, "p1: .fscrypt/protectors/" + kProtector), found.out);
    BOOST_TEST(has(found.out, "opened by " + passphrase + ", protector 'home' (" + kProtector + ")"), found.out);
  }
}

BOOST_AUTO_TEST_CASE(the_tools_directory_may_be_a_link) {
  protector(kProtector, message("passphrase"));
  stdfs::create_directories(dir + "root/var/lib");
  stdfs::rename(dir + "root/.fscrypt", dir + "root/var/lib/fscrypt");
  stdfs::create_symlink("/var/./lib/fscrypt", dir + "root/.fscrypt");
  static_cast<void>(make());
  const Run found = keys({"--passphrase-file", passphrase});
  BOOST_TEST(has(found.out, "var/lib/fscrypt/protectors/" + kProtector + ": protector 'home'"), found.out);
  BOOST_TEST(has(found.out, "opened by " + passphrase), found.out);

  stdfs::create_symlink("./fscrypt", dir + "root/var/lib/second");
  stdfs::remove(dir + "root/.fscrypt");
  stdfs::create_symlink("var/lib/second", dir + "root/.fscrypt");
  static_cast<void>(make());
  const Run twice = keys({});
  BOOST_TEST(has(twice.out, "var/lib/fscrypt/protectors/" + kProtector + ": protector 'home'"), twice.out);

  stdfs::remove(dir + "root/.fscrypt");
  stdfs::create_symlink(".fscrypt", dir + "root/.fscrypt");
  static_cast<void>(make());
  BOOST_TEST(is_one_sentence(keys({}).err));

  stdfs::remove(dir + "root/.fscrypt");
  stdfs::create_symlink("/", dir + "root/.fscrypt");
  static_cast<void>(make());
  const Run nowhere = keys({});
  BOOST_TEST(has(nowhere.err, ".fscrypt: it is a symbolic link, and what it leads to is not on this filesystem"),
             nowhere.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::test
