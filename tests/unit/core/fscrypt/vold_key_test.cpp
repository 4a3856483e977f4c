#include "core/fscrypt/vold_key.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "core/fscrypt/aes_gcm.hpp"
#include "core/fscrypt/keymaster_blob.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::VoldKeyDirectory;
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_vold_key)

namespace {

// Made by samples/make/android_samples.py (Python's hashlib, hmac and cryptography): the key of bytes 0 to 63, sealed
// with a nonce of bytes 0 to 11; a software blob of the wrapping key of bytes 32 to 63, bound to kSecdiscardableHash.
const Bytes kBlob =
    hex("0020000000202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f00000000000000000000000000"
        "0000000900000045000000020000102000000003000030000100000100002000000000010000200100000004000020200000"
        "0006000020010000000800003080000000f701007001be020010000000009fd7f637f98c16c6");
const Bytes kSealedByBlob =
    hex("000102030405060708090a0b5c535fa44e30edebb4f0c3cd2a7e50330361fb777e04b0063c14c9a1a79cd5870cff301e3f3a"
        "62c2c252d0d3e0e6049e0238dfcd6e66c1b29e04369219805d9048fd820631f5e0f98243566d949a4575");
constexpr std::string_view kSecdiscardableHash =
    "4fb32c2e1d6b9697c0b2a6a6616cc7479cedc80f740f13c7389cc5a55af56916ed41118a17b3e7e37fbd00a9ca19ae854739"
    "1704c17e826ea412ef030303fc07";
// The same key under kSecret: as Android 14 does it, with nothing else; with secdiscardable and stretching "none"; and
// with that and scrypt (hashlib.scrypt), whose salt is bytes 0 to 15.
constexpr std::string_view kSecret = "a secret of 32 bytes, as it were";
const Bytes kSealedBySecret =
    hex("000102030405060708090a0b4b4517f07bcceb96f3565afa1f8523859a00bf9710890a66a608d433532bec38d5148fcf2d79"
        "276c394bd0fd3cfdd56ea7ef0c639442933ad0b023e69cfef38cd4a84fdd4e6ea925b4c2dafbf03ef886");
const Bytes kSealedByBoth =
    hex("000102030405060708090a0bb1e8b2807f776f2f4bc2b5eeca1cdd797eb8f2ffba4b3a3f3578af77d5485c42626769a46221"
        "fe7be8964bf0149d16f2e51edec576b24df0082dfc8a2b4e5162e0a8314e96289227193f69419f73da03");
const Bytes kSealedByScrypt =
    hex("000102030405060708090a0b8be0413ad7f8bc5f2983ed341d9928ba9cad10ccdc21a071207713657bbf9dcf8071592f72f9"
        "bc3c975b98d8650f2968730cec383f2322911dc57b1eb0b6972d92febdc4654597cf1733dc128e3a6b77");
constexpr std::string_view kStretched =
    "052c3e46dd66921687a2727ebf0f843ae5f83a04a49a8c687d908c6f11ce42b23daf5f4bebe84814e36c4b88597c785c1356"
    "cfd5c7d3422a1ee4403064221c87";

Secret counted(std::size_t size) {
  Secret bytes(size);
  std::size_t value = 0;
  for (std::byte& byte : bytes.writable()) byte = static_cast<std::byte>(value++);
  return bytes;
}

Secret text(std::string_view content) { return Secret(as_bytes(content)); }

std::vector<fscrypt::NamedSecret> secrets(const std::vector<std::string_view>& contents) {
  std::vector<fscrypt::NamedSecret> all;
  all.reserve(contents.size());
  for (const std::string_view content : contents) all.push_back({"file " + std::to_string(all.size()), text(content)});
  return all;
}

VoldKeyDirectory with_blob() {
  VoldKeyDirectory directory;
  directory.version = text("1");
  directory.stretching = text("nopassword");
  directory.secdiscardable = counted(1 << 14);
  directory.keymaster_key_blob = Secret(ByteSpan(kBlob));
  directory.encrypted_key = Secret(ByteSpan(kSealedByBlob));
  return directory;
}

VoldKeyDirectory with_secret() {
  VoldKeyDirectory directory;
  directory.version = text("1");
  directory.encrypted_key = Secret(ByteSpan(kSealedBySecret));
  return directory;
}

/// "opened by ...", with its doubt; or the message of the error.
std::string outcome(const VoldKeyDirectory& directory, const std::vector<fscrypt::NamedSecret>& given = {}) {
  const auto opened = fscrypt::open_vold_key(directory, given);
  if (!opened) return opened.error().message();
  BOOST_TEST(to_hex(opened->key.view()) == to_hex(counted(64).view()));
  return "opened by " + opened->by + (opened->doubt.empty() ? "" : "; " + opened->doubt);
}

void flip(std::optional<Secret>& file, std::size_t at) { file->writable()[at] ^= std::byte{1}; }

constexpr const char* kBySoftware = "opened by the software Keymaster's blob";

}  // namespace

BOOST_AUTO_TEST_CASE(aes_gcm_is_that_of_the_standard) {
  // The GCM specification's test cases 13 and 14: AES-256, zeros, without and with a block of plain text.
  const Bytes key(32);
  const auto none = fscrypt::open_aes_256_gcm(key, hex("000000000000000000000000530f8afbc74536b9a963b4f1c4cb738b"));
  BOOST_REQUIRE(none);
  BOOST_TEST(none->size() == 0);
  const Bytes sealed = hex("000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  const auto block = fscrypt::open_aes_256_gcm(key, sealed);
  BOOST_REQUIRE(block);
  BOOST_TEST(to_hex(block->view()) == std::string(32, '0'));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    Bytes altered = sealed;
    altered[at] ^= std::byte{0x40};
    const auto refused = fscrypt::open_aes_256_gcm(key, altered);
    BOOST_TEST((!refused && refused.error().kind == ErrorKind::kLocked));
  }
  const auto cut = fscrypt::open_aes_256_gcm(key, ByteSpan(sealed).first(27));
  BOOST_TEST((!cut && cut.error().kind == ErrorKind::kCorrupt));
}

BOOST_AUTO_TEST_CASE(a_software_blob_gives_its_key) {
  const auto blob = fscrypt::parse_keymaster_blob(kBlob);
  BOOST_TEST(blob.in_clear);
  BOOST_TEST(blob.format == "software, in clear");
  BOOST_TEST(to_hex(blob.key.view()) == "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
  BOOST_TEST(fscrypt::is_intact(kBlob, hex(kSecdiscardableHash)));
  BOOST_TEST(!fscrypt::is_intact(kBlob, hex("00")));
}

BOOST_AUTO_TEST_CASE(keystore2_puts_eight_bytes_before_a_blob) {
  for (const char* const kind : {"00", "01"}) {
    Bytes blob = hex(std::string("704b4d626c6f62") + kind);
    blob.insert(blob.end(), kBlob.begin(), kBlob.end());
    BOOST_TEST(fscrypt::parse_keymaster_blob(blob).in_clear);
    BOOST_TEST(fscrypt::is_intact(blob, hex(kSecdiscardableHash)));
  }
  Bytes other = hex("704b4d626c6f6202");
  other.insert(other.end(), kBlob.begin(), kBlob.end());
  BOOST_TEST(!fscrypt::parse_keymaster_blob(other).in_clear);
}

BOOST_AUTO_TEST_CASE(a_blob_that_is_cut_or_has_wrong_sizes_is_not_known) {
  for (std::size_t size = 0; size < kBlob.size(); ++size) {
    const auto cut = fscrypt::parse_keymaster_blob(ByteSpan(kBlob).first(size));
    BOOST_TEST(!cut.in_clear);
    BOOST_TEST(cut.key.size() == 0);
    BOOST_TEST(!fscrypt::is_intact(ByteSpan(kBlob).first(size), hex(kSecdiscardableHash)));
  }
  Bytes longer = kBlob;
  longer.push_back(std::byte{0});
  BOOST_TEST(fscrypt::parse_keymaster_blob(longer).format == "of a form that is not known");
  Bytes huge = kBlob;
  huge[4] = std::byte{0xff};
  BOOST_TEST(fscrypt::parse_keymaster_blob(huge).format == "of a form that is not known");
}

BOOST_AUTO_TEST_CASE(an_encrypted_blob_is_told_by_its_sizes) {
  const std::string sets(48, '0');
  const std::string sealed = "0c000000" + std::string(24, 'a') + "04000000bbbbbbbb" + "10000000" + std::string(32, 'c');
  const auto format = [](const std::string& blob) { return fscrypt::parse_keymaster_blob(hex(blob)).format; };
  BOOST_TEST(format("00" + sealed + sets) == "encrypted by AES-OCB");
  BOOST_TEST(format("01" + sealed + sets) == "encrypted by AES-GCM (format 1)");
  BOOST_TEST(format("02" + sealed + sets + "05000000") == "encrypted by AES-GCM (format 2)");
  BOOST_TEST(format("03" + sealed + std::string(16, '0') + sets) == "encrypted by AES-GCM (format 3)");
  BOOST_TEST(format("04" + sealed + std::string(16, '0') + sets + "05000000") == "encrypted by AES-GCM (format 4)");
  BOOST_TEST(format("02" + sealed + sets) == "of a form that is not known");
  BOOST_TEST(format("05" + sealed + sets) == "of a form that is not known");
  BOOST_TEST(format("") == "of a form that is not known");
}

BOOST_AUTO_TEST_CASE(a_directory_is_opened_by_its_software_blob) {
  BOOST_TEST(outcome(with_blob()) == kBySoftware);
  auto directory = with_blob();
  directory.keymaster_key_blob_upgraded = std::move(directory.keymaster_key_blob);
  directory.keymaster_key_blob.reset();
  BOOST_TEST(outcome(directory) == kBySoftware);
  // Whichever of the two it is.
  directory.keymaster_key_blob = Secret(directory.keymaster_key_blob_upgraded->view());
  flip(directory.keymaster_key_blob_upgraded, 5);
  BOOST_TEST(outcome(directory) == kBySoftware);
}

BOOST_AUTO_TEST_CASE(secdiscardable_is_not_needed_where_the_key_is_in_clear) {
  const std::string doubt = "; the HMAC of its Keymaster blob does not hold for its secdiscardable";
  auto directory = with_blob();
  flip(directory.secdiscardable, 16383);
  BOOST_TEST(outcome(directory) == kBySoftware + doubt);
  directory.secdiscardable.reset();
  BOOST_TEST(outcome(directory) == kBySoftware + doubt);
  directory.stretching = text("scrypt 15:3:1");  // then a secret is part of it, which is not known
  BOOST_TEST(outcome(directory) == kBySoftware);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_directory_is_named) {
  auto directory = with_blob();
  flip(directory.encrypted_key, 30);
  const auto damaged = fscrypt::open_vold_key(directory, {});
  BOOST_REQUIRE(!damaged);
  BOOST_CHECK(damaged.error().kind == ErrorKind::kCorrupt);
  BOOST_TEST(damaged.error().message() ==
             "encrypted_key is damaged, or is not this blob's: the tag differs under the key that the blob holds");
  directory.encrypted_key = counted(27);
  BOOST_TEST(outcome(directory) == "encrypted_key: its 27 bytes are fewer than a nonce and a tag have");
  directory.encrypted_key.reset();
  BOOST_TEST(outcome(directory) == "its encrypted_key is missing");
  directory = with_blob();
  directory.version = text("2");
  BOOST_TEST(outcome(directory) == "its version is not 1");
  directory = with_blob();
  directory.keymaster_key_blob = counted(300);
  const auto hardware = fscrypt::open_vold_key(directory, secrets({kSecret}));
  BOOST_REQUIRE(!hardware);
  BOOST_CHECK(hardware.error().kind == ErrorKind::kLocked);
  BOOST_TEST(hardware.error().message() ==
             "it needs the phone's Keymaster: its blob of 300 bytes is of a form that is not known");
}

BOOST_AUTO_TEST_CASE(without_a_blob_a_secret_opens_it) {
  BOOST_TEST(outcome(with_secret()) == "it needs the secret by which vold seals it");
  BOOST_TEST(outcome(with_secret(), secrets({kSecret})) == "opened by the secret in file 0");
  BOOST_TEST(outcome(with_secret(), secrets({"another", kSecret})) == "opened by the secret in file 1");
  BOOST_TEST(outcome(with_secret(), secrets({"another", "and one more"})) == "no secret that was given opens it");
  auto directory = with_secret();
  directory.encrypted_key = Secret(ByteSpan(kSealedByBoth));
  directory.stretching = text("none");
  BOOST_TEST(outcome(directory, secrets({kSecret})) == "its secdiscardable is missing");
  directory.secdiscardable = counted(1 << 14);
  BOOST_TEST(outcome(directory, secrets({kSecret})) == "opened by the secret in file 0");
  flip(directory.secdiscardable, 0);
  BOOST_TEST(outcome(directory, secrets({kSecret})) == "no secret that was given opens it");
}

BOOST_AUTO_TEST_CASE(a_secret_may_be_stretched) {
  auto directory = with_secret();
  directory.encrypted_key = Secret(ByteSpan(kSealedByScrypt));
  directory.secdiscardable = counted(1 << 14);
  directory.stretching = text("scrypt 4:3:1");
  BOOST_TEST(outcome(directory, secrets({kSecret})) == "its salt is missing");
  directory.salt = counted(16);
  const auto stretched = fscrypt::stretch_secret(as_bytes(kSecret), directory);
  BOOST_REQUIRE(stretched);
  BOOST_TEST(to_hex(stretched->view()) == kStretched);
  BOOST_TEST(outcome(directory, secrets({kSecret})) == "opened by the secret in file 0");
}

BOOST_AUTO_TEST_CASE(parameters_of_scrypt_are_bounded) {
  auto directory = with_secret();
  directory.secdiscardable = counted(1 << 14);
  directory.salt = counted(16);
  const auto with = [&](const std::string& stretching) {
    directory.stretching = text(stretching);
    return outcome(directory, secrets({kSecret}));
  };
  const std::string much = "its stretching asks for more than 64 MiB or 4 rounds of scrypt, which no Android does";
  for (const char* const bomb :
       {"scrypt 20:0:0", "scrypt 15:5:0", "scrypt 31:31:31", "scrypt 15:3:3", "scrypt 0:3:1"}) {
    BOOST_TEST(with(bomb) == much);
  }
  for (const char* const wrong :
       {"scrypt ", "scrypt 15", "scrypt 15:3", "scrypt 15:3:", "scrypt 15:3:1:1", "scrypt a:b:c", "scrypt -1:3:1",
        "scrypt 15:3:32", "scrypt 99999999999:3:1", "scrypt 15:3:1\n"}) {
    BOOST_TEST(with(wrong) == "its stretching has no such parameters as scrypt takes");
  }
  BOOST_TEST(with("argon2") == "its stretching is none that is known");
}

BOOST_AUTO_TEST_SUITE_END()
