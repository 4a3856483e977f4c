#include "core/fscrypt/key_score.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "core/base/byte_view.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::KeyScore;

BOOST_AUTO_TEST_SUITE(fscrypt_key_score)

namespace {

Bytes padded(std::string name, std::size_t to) {
  name.resize(to);
  return ByteView(as_bytes(name)).copy();
}

/// What a wrong key makes of a name of `size` bytes.
Bytes noise(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_a_name) {
  const auto name = [](const std::string& text) {
    return fscrypt::is_well_formed(KeyScore::Kind::kName, as_bytes(text));
  };
  using namespace std::string_literals;  // NOLINT(google-build-using-namespace): strings with NULs in them
  BOOST_TEST(name("a\0\0\0"s));
  BOOST_TEST(name("abcd"));
  BOOST_TEST(name("...\0"s));
  for (const std::string& wrong : {"\0\0\0\0"s, "a\0\0b"s, "a/b\0"s, ".\0\0\0"s, "..\0\0"s, "\0abc"s}) {
    BOOST_TEST(!name(wrong));
  }
  BOOST_TEST(fscrypt::is_well_formed(KeyScore::Kind::kTarget, as_bytes("../a/b\0\0"s)));
  BOOST_TEST(!fscrypt::is_well_formed(KeyScore::Kind::kTarget, as_bytes("a\0b"s)));
}

BOOST_AUTO_TEST_CASE(a_name_with_padding_proves_a_key_and_a_damaged_one_after_it_changes_nothing) {
  KeyScore score;
  BOOST_TEST(!score.proven());
  BOOST_TEST(!score.refuted());
  score.add(KeyScore::Kind::kName, padded("readme", 16));
  BOOST_TEST(score.proven());
  score.add(KeyScore::Kind::kName, padded(std::string("a\0b", 3), 16));
  BOOST_TEST(score.proven());
  BOOST_TEST(!score.refuted());
}

BOOST_AUTO_TEST_CASE(a_damaged_name_first_does_not_refute_the_right_key) {
  KeyScore score;
  score.add(KeyScore::Kind::kName, padded(std::string("a\0b", 3), 32));
  BOOST_TEST(score.refuted());
  score.add(KeyScore::Kind::kName, padded("a", 32));
  BOOST_TEST(score.proven());
  BOOST_TEST(!score.refuted());
}

BOOST_AUTO_TEST_CASE(names_without_padding_prove_a_key_by_being_text) {
  KeyScore score;
  score.add(KeyScore::Kind::kName, padded("d41d8cd98f00b204e9800998ecf8427e", 32));
  BOOST_TEST(!score.proven());
  BOOST_TEST(!score.refuted());
  score.add(KeyScore::Kind::kName, padded("900150983cd24fb0d6963f7d28e17f72", 32));
  BOOST_TEST(score.proven());
}

// Names that fill their padding and have no character of ASCII, as they are in other scripts.
BOOST_AUTO_TEST_CASE(names_without_padding_prove_a_key_by_being_utf_8) {
  for (const char* name :
       {"写真の画像.jpg", "こんにちは!", "привет12", "файлы.txt-", "\xf0\x9f\x93\xb7\xf0\x9f\x93\xb7"}) {
    KeyScore score;
    score.add(KeyScore::Kind::kName, as_bytes(std::string_view(name)));
    BOOST_TEST(!score.refuted(), name);
    for (int i = 0; i < 20; ++i) score.add(KeyScore::Kind::kName, as_bytes(std::string_view(name)));
    BOOST_TEST(score.proven(), name);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_utf_8_speaks_against_a_key) {
  for (const char* name : {"\xc0\xaf\xc0\xaf\xc0\xaf\xc0\xaf", "\xed\xa0\x80\xed\xa0\x80\xe3\x81",
                           "\xf4\x90\x80\x80\xe3\x81\x82", "\xe3\x81\x82\xe3\x81", "\x1b\xe3\x81\x82\xe3\x81\x82"}) {
    KeyScore score;
    score.add(KeyScore::Kind::kName, as_bytes(std::string_view(name)));
    BOOST_TEST(score.refuted(), name);
  }
}

// One name of random bytes has no padding, and so speaks against the key; that none of a million directories of up to
// 40 names is ever proven is what the bound of 2^-64 says.
BOOST_AUTO_TEST_CASE(noise_is_refuted_and_never_proven) {
  std::mt19937 random(1);
  int spared = 0;
  for (int directory = 0; directory < 20000; ++directory) {
    KeyScore score;
    const std::size_t names = 1 + random() % 40;
    for (std::size_t i = 0; i < names; ++i) score.add(KeyScore::Kind::kName, noise(random, 16 * (1 + random() % 2)));
    BOOST_REQUIRE(!score.proven());
    spared += score.refuted() ? 0 : 1;
  }
  BOOST_TEST(spared < 20);  // names that end in a NUL by chance
}

BOOST_AUTO_TEST_CASE(tails) {
  KeyScore zeros;
  zeros.add_tail({});
  BOOST_TEST(zeros.looked_at() == 0u);
  zeros.add_tail(Bytes(8));
  BOOST_TEST(!zeros.proven());
  zeros.add_tail(Bytes(1));
  BOOST_TEST(zeros.proven());

  KeyScore noisy;
  noisy.add_tail(Bytes(100, std::byte{1}));
  BOOST_TEST(noisy.refuted());
  noisy.add_tail(Bytes(4000));  // the file before was written to through a mapping
  BOOST_TEST(!noisy.refuted());
}

BOOST_AUTO_TEST_SUITE_END()
