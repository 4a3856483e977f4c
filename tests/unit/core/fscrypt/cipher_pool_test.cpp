#include "core/fscrypt/cipher_pool.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_cipher_pool)

namespace {

std::string decrypt(const char* cipher, const char* cts_mode, const char* key, const char* iv, const char* message) {
  const auto pool = fscrypt::CipherPool::make(cipher, hex(key), cts_mode);
  if (!pool) return pool.error().what;
  Bytes bytes = hex(message);
  const fscrypt::CipherPool::Loan loan(**pool);
  return loan.run(hex(iv), bytes) ? to_hex(bytes) : "refused";
}

constexpr const char* kZeroIv = "00000000000000000000000000000000";

}  // namespace

BOOST_AUTO_TEST_CASE(xts_vector_10_of_ieee_1619) {
  Bytes plain(512);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::byte>(i);
  BOOST_TEST(decrypt("AES-256-XTS", nullptr,
                     "2718281828459045235360287471352662497757247093699959574966967627"
                     "3141592653589793238462643383279502884197169399375105820974944592",
                     "ff000000000000000000000000000000",
                     "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b5d31e276f8fe4a8d66b317f9ac683f44"
                     "680a86ac35adfc3345befecb4bb188fd5776926c49a3095eb108fd1098baec70aaa66999a72a82f27d848b21d4a741b0"
                     "c5cd4d5fff9dac89aeba122961d03a757123e9870f8acf1000020887891429ca2a3e7a7d7df7b10355165c8b9a6d0a7d"
                     "e8b062c4500dc4cd120c0f7418dae3d0b5781c34803fa75421c790dfe1de1834f280d7667b327f6c8cd7557e12ac3a0f"
                     "93ec05c52e0493ef31a12d3d9260f79a289d6a379bc70c50841473d1a8cc81ec583e9645e07b8d9670655ba5bbcfecc6"
                     "dc3966380ad8fecb17b6ba02469a020a84e18e8f84252070c13e9f1f289be54fbc481457778f616015e1327a02b140f1"
                     "505eb309326d68378f8374595c849d84f4c333ec4423885143cb47bd71c5edae9be69a2ffeceb1bec9de244fbe15992b"
                     "11b77c040f12bd8f6a975a44a0f90c29a9abc3d4d893927284c58754cce294529f8614dcd2aba991925fedc4ae74ffac"
                     "6e333b93eb4aff0479da9a410e4450e0dd7ae4c6e2910900575da401fc07059f645e8b7e9bfdef33943054ff84011493"
                     "c27b3429eaedb4ed5376441a77ed43851ad77f16f541dfd269d50d6a5f14fb0aab1cbb4c1550be97f7ab4066193c4caa"
                     "773dad38014bd2092fa755c824bb5e54c4f36ffda9fcea70b9c6e693e148c151") == to_hex(plain));
}

// RFC 3962, appendix B: 17, 31, 32 and 47 bytes.
BOOST_AUTO_TEST_CASE(stolen_ciphertext_of_rfc_3962) {
  constexpr const char* kKey = "636869636b656e207465726979616b69";
  const auto cts = [&](const char* message) { return decrypt("AES-128-CBC-CTS", "CS3", kKey, kZeroIv, message); };
  const std::string plain = to_hex(as_bytes("I would like the General Gau's Chicken, please,"));
  BOOST_TEST(cts("c6353568f2bf8cb4d8a580362da7ff7f97") == plain.substr(0, 34));
  BOOST_TEST(cts("fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5") == plain.substr(0, 62));
  BOOST_TEST(cts("39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584") == plain.substr(0, 64));
  BOOST_TEST(cts("97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5") ==
             plain);
}

// NIST SP 800-38A, F.2.6; by the addendum's section 5, CS3 swaps the last two blocks of CBC.
BOOST_AUTO_TEST_CASE(whole_blocks_of_sp_800_38a) {
  constexpr const char* kKey = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
  constexpr const char* kIv = "000102030405060708090a0b0c0d0e0f";
  const auto cts = [&](const char* message) { return decrypt("AES-256-CBC-CTS", "CS3", kKey, kIv, message); };
  BOOST_TEST(cts("f58c4c04d6e5f1ba779eabfb5f7bfbd6") == "6bc1bee22e409f96e93d7e117393172a");
  BOOST_TEST(cts("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
                 "b2eb05e2c39be9fcda6c19078c6a9d1b39f23369a9d9bacfa530e26304231461") ==
             "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
             "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
}

// GB/T 32907-2016, appendix A.1.
BOOST_AUTO_TEST_CASE(sm4_in_both_directions) {
  constexpr const char* kPlain = "0123456789abcdeffedcba9876543210";
  constexpr const char* kCipher = "681edf34d206965e86b3e94f536e4246";
  BOOST_TEST(decrypt("SM4-ECB", nullptr, kPlain, "", kCipher) == kPlain);
  const auto pool =
      fscrypt::CipherPool::make("SM4-ECB", hex(kPlain), nullptr, fscrypt::CipherPool::Direction::kEncrypt);
  BOOST_REQUIRE(pool);
  Bytes block = hex(kPlain);
  BOOST_TEST(fscrypt::CipherPool::Loan(**pool).run({}, block));
  BOOST_TEST(to_hex(block) == kCipher);
}

BOOST_AUTO_TEST_CASE(contexts_are_lent_again_and_to_several_at_once) {
  const auto pool = fscrypt::CipherPool::make("AES-256-CBC-CTS", Bytes(32), "CS3");
  BOOST_REQUIRE(pool);
  const Bytes iv(16);
  Bytes once(33, std::byte{5});
  Bytes twice = once;
  Bytes beside = once;
  {
    const fscrypt::CipherPool::Loan first(**pool);
    const fscrypt::CipherPool::Loan second(**pool);
    BOOST_TEST(first.run(iv, once));
    BOOST_TEST(first.run(iv, twice));
    BOOST_TEST(second.run(iv, beside));
  }
  Bytes later(33, std::byte{5});
  const fscrypt::CipherPool::Loan third(**pool);
  BOOST_TEST(third.run(iv, later));
  BOOST_TEST((once == twice && once == beside && once == later));
}

BOOST_AUTO_TEST_CASE(wrong_keys_ciphers_and_lengths_are_refused) {
  BOOST_CHECK(fscrypt::CipherPool::make("AES-256-XTS", Bytes(32), nullptr).error().kind == ErrorKind::kUnsupported);
  BOOST_CHECK(fscrypt::CipherPool::make("no cipher", Bytes(32), nullptr).error().kind == ErrorKind::kUnsupported);
  BOOST_TEST(decrypt("AES-256-CBC-CTS", "CS3", std::string(64, '0').c_str(), kZeroIv, "00") == "refused");
}

BOOST_AUTO_TEST_SUITE_END()
