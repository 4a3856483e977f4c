#include "core/fscrypt/mode_cipher.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_mode_cipher)

namespace {

struct Vector {
  std::string mode;
  Bytes key;
  fscrypt::Iv iv{};
  Bytes plain;
  Bytes cipher;
};

fscrypt::Mode mode_of(const std::string& name) {
  std::uint8_t mode = 1;
  while (mode < 255 && fscrypt::mode_name(mode) != name) ++mode;
  return static_cast<fscrypt::Mode>(mode);
}

std::vector<Vector> vectors() {
  std::vector<Vector> all;
  for (const std::string& line : fscrypt::vectors::lines("modes.txt")) {
    std::istringstream words(line);
    Vector vector;
    std::string key;
    std::string iv;
    std::string plain;
    std::string cipher;
    words >> vector.mode >> key >> iv >> plain >> cipher;
    vector.key = hex(key);
    const Bytes iv_bytes = iv == "-" ? Bytes() : hex(iv);
    std::copy(iv_bytes.begin(), iv_bytes.end(), vector.iv.begin());
    vector.plain = hex(plain);
    vector.cipher = hex(cipher);
    all.push_back(std::move(vector));
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(published_vectors) {
  std::map<std::string, int> counts;
  for (const Vector& vector : vectors()) {
    ++counts[vector.mode];
    const auto cipher = fscrypt::make_mode_cipher(mode_of(vector.mode), Secret(vector.key));
    BOOST_REQUIRE(cipher);
    const auto decryptor = (*cipher)->decryptor();
    for (const int time : {1, 2}) {  // a decryptor keeps nothing from one message to the next
      Bytes bytes = vector.cipher;
      BOOST_TEST(decryptor->decrypt(vector.iv, bytes));
      BOOST_TEST((bytes == vector.plain), vector.mode << ", " << bytes.size() << " bytes, time " << time);
    }
  }
  const std::map<std::string, int> expected{{"AES-256-XTS", 5}, {"AES-256-CTS", 2},   {"AES-128-CBC-ESSIV", 2},
                                            {"AES-128-CTS", 8}, {"AES-256-HCTR2", 7}, {"Adiantum", 6},
                                            {"SM4-CTS", 6},     {"SM4-XTS", 4}};
  BOOST_TEST((counts == expected));
}

BOOST_AUTO_TEST_CASE(every_bit_of_the_wide_modes_counts) {
  for (const Vector& vector : vectors()) {
    if ((vector.mode != "Adiantum" && vector.mode != "AES-256-HCTR2") || vector.plain.size() > 255) continue;
    const auto cipher = fscrypt::make_mode_cipher(mode_of(vector.mode), Secret(vector.key)).value();
    const auto decryptor = cipher->decryptor();
    const auto differing = [&](const fscrypt::Iv& iv, Bytes bytes) {
      BOOST_REQUIRE(decryptor->decrypt(iv, bytes));
      std::size_t count = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i) count += bytes[i] == vector.plain[i] ? 0U : 1U;
      return count;
    };
    for (const std::size_t at : {std::size_t{0}, vector.cipher.size() / 2, vector.cipher.size() - 1}) {
      Bytes changed = vector.cipher;
      changed[at] ^= std::byte{0x80};
      BOOST_TEST(differing(vector.iv, changed) > changed.size() / 2);
    }
    fscrypt::Iv other = vector.iv;
    other[31] ^= std::byte{1};
    BOOST_TEST(differing(other, vector.cipher) > vector.cipher.size() / 2);
  }
}

BOOST_AUTO_TEST_CASE(messages_that_a_mode_does_not_take_are_refused) {
  const auto takes = [](fscrypt::Mode mode, std::size_t size) {
    const Bytes key =
        hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
    const Secret secret(ByteSpan(key).first(fscrypt::mode_sizes(static_cast<std::uint8_t>(mode)).key));
    Bytes bytes(size);
    return fscrypt::make_mode_cipher(mode, secret).value()->decryptor()->decrypt({}, bytes);
  };
  using fscrypt::Mode;
  for (const Mode mode : {Mode::kAes256Cts, Mode::kAes128Cts, Mode::kSm4Cts, Mode::kAdiantum, Mode::kAes256Hctr2}) {
    BOOST_TEST(!takes(mode, 0));
    BOOST_TEST(!takes(mode, 15));
    for (const unsigned size : {16u, 17u, 31u, 32u, 33u, 255u, 4096u}) BOOST_TEST(takes(mode, size));
  }
  for (const Mode mode : {Mode::kAes256Xts, Mode::kAes128CbcEssiv, Mode::kSm4Xts}) {
    BOOST_TEST(!takes(mode, 15));
    BOOST_TEST(takes(mode, 16));
    BOOST_TEST(takes(mode, 65536));
  }
  BOOST_TEST(!takes(Mode::kSm4Xts, 17));
  BOOST_TEST(!takes(Mode::kAes128CbcEssiv, 17));
}

BOOST_AUTO_TEST_CASE(keys_of_another_size_and_unknown_modes_are_refused) {
  for (const std::uint8_t mode : std::initializer_list<std::uint8_t>{1, 4, 5, 6, 7, 8, 9, 10}) {
    const std::size_t size = fscrypt::mode_sizes(mode).key;
    BOOST_TEST(size >= 16u);
    for (const std::size_t wrong : {std::size_t{0}, size - 1, size + 1, 2 * size}) {
      const auto refused = fscrypt::make_mode_cipher(static_cast<fscrypt::Mode>(mode), Secret(wrong));
      BOOST_REQUIRE(!refused);
      BOOST_CHECK(refused.error().kind == ErrorKind::kUnsupported);
    }
  }
  for (const std::uint8_t mode : std::initializer_list<std::uint8_t>{0, 2, 3, 11, 255}) {
    BOOST_TEST(!fscrypt::make_mode_cipher(static_cast<fscrypt::Mode>(mode), Secret(32)).has_value());
    BOOST_TEST(fscrypt::mode_sizes(mode).key == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
