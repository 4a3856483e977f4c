#include "core/fscrypt/key_files.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sstream>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_key_files)

namespace {

const std::string kHex32 = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

std::string parsed(const std::string& content) {
  const auto key = fscrypt::parse_key(as_bytes(content), "k");
  return key ? to_hex(key->view()) : "refused";
}

Result<std::vector<fscrypt::NamedSecret>> keys_of(const std::string& path, const std::string& input = "") {
  std::istringstream standard_input(input);
  return fscrypt::read_keys(path, standard_input);
}

}  // namespace

BOOST_AUTO_TEST_CASE(raw_keys_are_taken_byte_for_byte) {
  const std::string raw("\x00\x01 raw key that ends in a newline\n", 34);
  BOOST_TEST(parsed(raw) == to_hex(as_bytes(raw)));
  BOOST_TEST(parsed(std::string(16, 'x')) == to_hex(as_bytes(std::string(16, 'x'))));
  BOOST_TEST(parsed(std::string(64, 'x')) == to_hex(as_bytes(std::string(64, 'x'))));
}

BOOST_AUTO_TEST_CASE(hex_keys_may_have_white_space_around_them) {
  const std::string expected = to_hex(*from_hex(kHex32));
  BOOST_TEST(parsed(kHex32) == expected);
  BOOST_TEST(parsed(kHex32 + "\n") == expected);
  BOOST_TEST(parsed(" \t\r\n" + kHex32 + "\r\n\n") == expected);
  BOOST_TEST(parsed(kHex32 + kHex32) == expected + expected);
}

BOOST_AUTO_TEST_CASE(what_could_be_both_is_hex) {
  BOOST_TEST(parsed(std::string(64, 'a')) == std::string(64, 'a'));
  BOOST_TEST(parsed(std::string(32, 'a')) == std::string(32, 'a'));
  // Too short to be a key in hex, or of odd length: raw.
  BOOST_TEST(parsed(std::string(30, 'a')) == to_hex(as_bytes(std::string(30, 'a'))));
  BOOST_TEST(parsed(std::string(33, 'a')) == to_hex(as_bytes(std::string(33, 'a'))));
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_refused_without_a_word_of_it) {
  for (const std::string& content :
       {std::string(), std::string(15, 'S'), std::string(65, 'S'), std::string(130, 'a')}) {
    const auto key = fscrypt::parse_key(as_bytes(content), "some/file");
    BOOST_REQUIRE(!key);
    BOOST_CHECK(key.error().kind == ErrorKind::kUsage);
    BOOST_TEST(key.error().message() == "some/file: its " + std::to_string(content.size()) +
                                            " bytes are no key: a key is 16 to 64 raw bytes, or the same in hex");
  }
}

BOOST_AUTO_TEST_CASE(files_directories_and_standard_input) {
  const test::TempDir dir;
  std::filesystem::create_directory(dir / "keys");
  std::filesystem::create_directory(dir / "keys/not-entered");
  test::write_text(dir / "keys/b", kHex32 + "\n");
  test::write_text(dir / "keys/a", std::string(16, 'x'));

  const auto one = keys_of(dir / "keys/b");
  BOOST_REQUIRE(one);
  BOOST_REQUIRE(one->size() == 1u);
  BOOST_TEST(one->front().origin == dir / "keys/b");
  BOOST_TEST(one->front().key.size() == 32u);

  const auto all = keys_of(dir / "keys");
  BOOST_REQUIRE(all);
  BOOST_REQUIRE(all->size() == 2u);
  BOOST_TEST((*all)[0].origin == dir / "keys/a");
  BOOST_TEST((*all)[1].key.size() == 32u);

  const auto given = keys_of("-", std::string(64, 'z'));
  BOOST_REQUIRE(given);
  BOOST_TEST(given->front().origin == "standard input");
  BOOST_TEST(given->front().key.size() == 64u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named) {
  const test::TempDir dir;
  const std::string missing = dir / "missing";
  BOOST_CHECK(keys_of(missing).error().kind == ErrorKind::kNotFound);
  BOOST_TEST(keys_of(missing).error().message() == missing + ": cannot be opened: No such file or directory");
  BOOST_TEST(keys_of(dir.path().string()).error().message() ==
             dir.path().string() + ": there is no key file in this directory");
  test::write_text(dir / "large", std::string(10000, 'a'));
  BOOST_TEST(keys_of(dir.path().string()).error().what.find("its more than 4096 bytes are no key") == 0u);
  BOOST_TEST(keys_of("-").error().where == "standard input");
}

BOOST_AUTO_TEST_SUITE_END()
