#include "core/fscrypt/names.hpp"

#include <openssl/evp.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <sstream>

#include "core/base/little_endian.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_names)

namespace {

constexpr const char* kDirectory = "1c982e1f28f8c1fc1a49d95f71cbf8e0";

fscrypt::NameCipher cipher_of(std::string_view nonce) {
  return fscrypt::NameCipher::make(fscrypt::vectors::kernel_context(nonce), fscrypt::vectors::kernel_key(), {}).value();
}

/// A name of up to 16 bytes, padded with zeros to 16 and encrypted: one block, for which stealing is plain CBC.
Bytes encrypted_block(std::string_view name) {
  const auto key = fscrypt::vectors::kernel_key().derive_per_file_key(hex(kDirectory), 32);
  Bytes block(16);
  std::copy_n(as_bytes(name).begin(), name.size(), block.begin());
  const Bytes iv(16);
  int written = 0;
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_cbc(), nullptr, as_uchars(key->view()), as_uchars(ByteSpan(iv)));
  EVP_EncryptUpdate(cipher.get(), as_uchars(MutableByteSpan(block)), &written, as_uchars(ByteSpan(block)), 16);
  return block;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_that_a_kernel_wrote) {
  const auto in_directory = cipher_of(kDirectory);
  BOOST_TEST(in_directory.decrypt(hex("cd42483ae10b00d2d0cd432f4a57320538bf114c213c5b99f96edac5fa31595f")).value() ==
             "one.bin");
  BOOST_TEST(cipher_of("70423a582196a09dc860faa2fe47d14f")
                 .decrypt(hex("eb41935f49ee9168a4ae6d6aa3b55f055d54f3c9edfff0d88fd91cecb24c7aa9"
                              "34d2a7305765f5bfd202b13d643a0ad06004ffd94205bcb33e1f0826cc25e754"))
                 .value() == std::string(33, 'g'));
}

BOOST_AUTO_TEST_CASE(names_that_a_kernel_wrote_under_each_kind_of_policy) {
  const auto lines = fscrypt::vectors::lines("kernel_names.txt");
  BOOST_TEST(lines.size() == 9u);
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string key_hex;
    std::string uuid_hex;
    std::string context_hex;
    std::string ciphertext_hex;
    std::string name;
    fscrypt::FileIdentity file;
    words >> key_hex >> uuid_hex >> file.inode >> context_hex >> ciphertext_hex >> name;
    const Bytes uuid = hex(uuid_hex);
    std::copy(uuid.begin(), uuid.end(), file.uuid.begin());
    const auto key = fscrypt::MasterKey::make(Secret(hex(key_hex))).value();
    const auto context = fscrypt::parse_context(hex(context_hex), 4096).value();
    BOOST_TEST(key.is_proven_by(context.policy.master_key) ==
               (context.policy.version == 2));  // v1: made-up descriptors
    const auto decrypted = [&](const fscrypt::MasterKey& by, const fscrypt::FileIdentity& of) {
      const auto shown = fscrypt::NameCipher::make(context, by, of).value().decrypt(hex(ciphertext_hex));
      return shown ? *shown : shown.error().what;
    };
    BOOST_TEST(decrypted(key, file) == name);

    Bytes wrong = hex(key_hex);
    wrong[0] ^= std::byte{1};
    BOOST_TEST(decrypted(fscrypt::MasterKey::make(Secret(wrong)).value(), file) != name);
    const bool by_inode = (context.policy.flags & 0x18) != 0;
    auto other = file;
    ++other.inode;
    BOOST_TEST((decrypted(key, other) != name) == by_inode);
    other = file;
    other.uuid[15] ^= std::byte{1};
    BOOST_TEST((decrypted(key, other) != name) == by_inode);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_too_short_makes_no_cipher) {
  auto context = fscrypt::vectors::kernel_context(kDirectory);
  const auto kind = [&](std::size_t size) {
    const auto cipher = fscrypt::NameCipher::make(context, fscrypt::MasterKey::make(Secret(size)).value(), {});
    return cipher ? std::optional<ErrorKind>() : cipher.error().kind;
  };
  BOOST_CHECK(kind(31) == ErrorKind::kLocked);
  BOOST_CHECK(!kind(32));
  context.policy.version = 1;
  BOOST_CHECK(kind(31) == ErrorKind::kLocked);
  BOOST_CHECK(!kind(32));
}

BOOST_AUTO_TEST_CASE(a_link_that_a_kernel_wrote) {
  const Bytes stored =
      hex("2000"
          "21bb5c7ab8d08706daa1703bfd6b2d59bdd418eb42d06ddaa0fe2019fe827a90"
          "00");
  const auto ciphertext = fscrypt::symlink_ciphertext(stored);
  BOOST_REQUIRE(ciphertext);
  BOOST_TEST(ciphertext->size() == 32u);
  BOOST_TEST(cipher_of("b3aad85c05db1e850e24b51a6d333ff7").decrypt_target(*ciphertext).value() == "/etc/passwd");
}

BOOST_AUTO_TEST_CASE(a_name_ends_at_the_first_nul_and_may_fill_its_ciphertext) {
  const auto cipher = cipher_of(kDirectory);
  BOOST_TEST(cipher.decrypt(encrypted_block("0123456789abcdef")).value() == "0123456789abcdef");
  BOOST_TEST(cipher.decrypt(encrypted_block(std::string_view("a\0b", 3))).value() == "a");
  BOOST_TEST(cipher.decrypt(encrypted_block("...")).value() == "...");
  BOOST_TEST(cipher.decrypt(encrypted_block("a\nb")).value() == "a\nb");
}

BOOST_AUTO_TEST_CASE(names_that_no_directory_can_hold_are_corrupt) {
  const auto cipher = cipher_of(kDirectory);
  for (const char* name : {"", ".", "..", "/", "a/b"}) {
    const auto refused = cipher.decrypt(encrypted_block(name));
    BOOST_REQUIRE(!refused);
    BOOST_CHECK(refused.error().kind == ErrorKind::kCorrupt);
  }
  BOOST_TEST(cipher.decrypt_target(encrypted_block("../a/b")).value() == "../a/b");
  BOOST_TEST(!cipher.decrypt_target(encrypted_block("")).has_value());
}

BOOST_AUTO_TEST_CASE(less_than_a_block_is_no_name) {
  const auto cipher = cipher_of(kDirectory);
  for (const std::size_t size : {0u, 1u, 15u}) {
    BOOST_CHECK(cipher.decrypt(Bytes(size)).error().kind == ErrorKind::kCorrupt);
    BOOST_CHECK(cipher.decrypt_target(Bytes(size)).error().kind == ErrorKind::kCorrupt);
  }
}

BOOST_AUTO_TEST_CASE(a_link_s_length_is_held_against_what_is_stored) {
  const auto kind = [](const char* stored) { return fscrypt::symlink_ciphertext(hex(stored)).error().kind; };
  BOOST_CHECK(kind("") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind("10") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind("0000aabb") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind("0300aabb") == ErrorKind::kCorrupt);
  BOOST_TEST(to_hex(fscrypt::symlink_ciphertext(hex("0200aabb")).value()) == "aabb");
  BOOST_TEST(to_hex(fscrypt::symlink_ciphertext(hex("0100aabb")).value()) == "aa");
}

BOOST_AUTO_TEST_CASE(an_unsupported_policy_makes_no_cipher) {
  auto context = fscrypt::vectors::kernel_context(kDirectory);
  context.policy.filenames_mode = 9;
  const auto cipher = fscrypt::NameCipher::make(context, fscrypt::vectors::kernel_key(), {});
  BOOST_REQUIRE(!cipher);
  BOOST_CHECK(cipher.error().kind == ErrorKind::kUnsupported);
}

BOOST_AUTO_TEST_SUITE_END()
