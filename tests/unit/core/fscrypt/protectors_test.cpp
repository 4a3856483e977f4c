#include <boost/test/unit_test.hpp>
#include <map>
#include <sstream>

#include "core/fscrypt/argon2id.hpp"
#include "core/fscrypt/e4crypt_key.hpp"
#include "core/fscrypt/fscrypt_metadata.hpp"
#include "core/fscrypt/passphrase_file.hpp"
#include "core/fscrypt/wrapped_key.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;           // NOLINT(google-build-using-namespace): a test of this namespace
using namespace coldread::fscrypt;  // NOLINT(google-build-using-namespace): likewise
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_protectors)

namespace {

Secret secret(std::string_view text) { return Secret(as_bytes(text)); }

/// The messages of protectors.txt.
Bytes message(const std::string& wanted) {
  for (const std::string& line : vectors::lines("protectors.txt")) {
    const std::size_t space = line.find(' ');
    if (line.substr(0, space) == wanted) return hex(std::string_view(line).substr(space + 1));
  }
  BOOST_FAIL("protectors.txt has no " << wanted);
  return {};
}

std::string why(const Bytes& bytes) {
  const auto parsed = parse_protector(bytes);
  return parsed ? "taken" : parsed.error().what;
}

std::string opened(ByteSpan wrapping, const WrappedKey& wrapped) {
  const auto key = unwrap(wrapping, wrapped);
  BOOST_REQUIRE(key);
  return *key ? to_hex((*key)->view()) : "not opened";
}

std::string repeated(const char* byte, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += byte;
  return text;
}

}  // namespace

// phc-winner-argon2, src/test.c, "Argon2id", version 0x13: 2 passes, 256 KiB, 1 and 2 lanes.
BOOST_AUTO_TEST_CASE(argon2id_as_its_authors_have_it) {
  const auto hash = [](std::uint32_t lanes) {
    return to_hex(argon2id(secret("password"), as_bytes("somesalt"), {2, 256, lanes}, 32).value().view());
  };
  BOOST_TEST(hash(1) == "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
  BOOST_TEST(hash(2) == "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
}

BOOST_AUTO_TEST_CASE(hashing_is_bounded) {
  const Bytes salt(16);
  for (const HashingCosts costs : {HashingCosts{1, 1U << 31, 1}, HashingCosts{0xffffffff, 1024, 1},
                                   HashingCosts{257, 1U << 20, 1}, HashingCosts{1, (1U << 20) + 1, 255}}) {
    const auto hash = argon2id(secret("x"), salt, costs, 32);
    BOOST_REQUIRE(!hash);
    BOOST_CHECK(hash.error().kind == ErrorKind::kUnsupported);
    BOOST_TEST(hash.error().what.find("is not tried") != std::string::npos);
  }
  BOOST_CHECK(argon2id(secret("x"), salt, {1, 4, 1}, 32).error().kind == ErrorKind::kCorrupt);
}

BOOST_AUTO_TEST_CASE(a_passphrase_opens_its_protector_and_this_its_policy) {
  const auto protector = parse_protector(message("passphrase"));
  BOOST_REQUIRE(protector);
  BOOST_TEST(protector->name == "home");
  BOOST_TEST(protector->source_text() == "custom passphrase");
  BOOST_TEST(protector->costs.passes == 3U);
  BOOST_TEST(protector->costs.memory == 64U);
  BOOST_TEST(protector->costs.lanes == 2U);
  const auto wrapping = argon2id(secret("correct horse"), protector->salt, protector->costs, 32);
  BOOST_TEST(opened(wrapping->view(), protector->wrapped) == repeated("01", 32));
  const auto wrong = argon2id(secret("correct horses"), protector->salt, protector->costs, 32);
  BOOST_TEST(opened(wrong->view(), protector->wrapped) == "not opened");

  const auto policy = parse_protected_policy(message("policy-v2"));
  BOOST_REQUIRE(policy);
  BOOST_TEST(policy->version == 2);
  BOOST_REQUIRE(policy->keys.size() == 2U);
  BOOST_TEST(policy->keys[0].protector == protector->descriptor);
  BOOST_TEST(opened(hex(repeated("01", 32)), policy->keys[0].wrapped) == repeated("04", 64));
  BOOST_TEST(opened(hex(repeated("02", 32)), policy->keys[0].wrapped) == "not opened");
  BOOST_TEST(opened(hex(repeated("02", 32)), policy->keys[1].wrapped) == repeated("04", 64));
  BOOST_TEST(to_hex(MasterKey::make(Secret(hex(repeated("04", 64))))->identifier()) == policy->key);
}

BOOST_AUTO_TEST_CASE(login_and_raw_key_protectors) {
  const auto login = parse_protector(message("login"));
  BOOST_REQUIRE(login);
  BOOST_TEST(login->source_text() == "login passphrase of uid 1000");
  const auto raw = parse_protector(message("raw"));
  BOOST_REQUIRE(raw);
  BOOST_TEST(raw->source_text() == "raw key");
  BOOST_TEST(opened(hex(repeated("05", 32)), raw->wrapped) == repeated("02", 32));
  BOOST_CHECK(unwrap(hex(repeated("05", 31)), raw->wrapped).error().kind == ErrorKind::kUsage);
  const auto policy = parse_protected_policy(message("policy-v1"));
  BOOST_REQUIRE(policy);
  BOOST_TEST(policy->version == 1);
  BOOST_TEST(to_hex(MasterKey::make(Secret(hex(repeated("04", 64))))->descriptor()) == policy->key);
}

// metadata/checks.go: the tool takes the lowest 8 bits of the parallelism where it is not marked as fixed.
BOOST_AUTO_TEST_CASE(parallelism_is_truncated_where_the_tool_did_it) {
  const auto protector = parse_protector(message("truncated"));
  BOOST_REQUIRE(protector);
  BOOST_TEST(protector->costs.lanes == 2U);
  Bytes fixed = message("truncated");
  // Field 5 of the costs is set to true by a second message of costs, which is merged into the first.
  const Bytes again = hex("22022801");
  fixed.insert(fixed.end(), again.begin(), again.end());
  BOOST_TEST(why(fixed) == "its Argon2id parallelism is 258, not 1 to 255");
}

BOOST_AUTO_TEST_CASE(damaged_protectors_are_told_apart) {
  const auto with = [](const char* more) {
    Bytes bytes = message("passphrase");
    const Bytes end = hex(more);
    bytes.insert(bytes.end(), end.begin(), end.end());
    return why(bytes);
  };
  BOOST_TEST(with("") == "taken");
  BOOST_TEST(with("4801") == "taken");                      // a field that is not known
  BOOST_TEST(with("1209") == "it is no protobuf message");  // longer than what is there
  BOOST_TEST(with("1007") == "its source is of the unknown kind 7");
  BOOST_TEST(with("1000") == "its source is of the unknown kind 0");
  BOOST_TEST(with("2a0100") == "its salt has 1 bytes, not 16");
  BOOST_TEST(with("22021000") == "its Argon2id time cost is 0");
  BOOST_TEST(with("2202180f") == "its Argon2id memory cost is 15 KiB");
  BOOST_TEST(with("3a030a0100") == "its IV has 1 bytes, not 16");
  BOOST_TEST(with("3a0412020000") == "its encrypted key has 2 bytes, not 32");
  BOOST_TEST(with("3a031a0100") == "its HMAC has 1 bytes, not 32");
  BOOST_TEST(with("0a0161") == "its descriptor is not of 16 hex digits");
  BOOST_TEST(why({}) == "its source is of the unknown kind 0");
  Bytes cut = message("passphrase");
  cut.pop_back();  // g++ 12 sees a resize() to one less overflow
  BOOST_TEST(why(cut) == "it is no protobuf message");
  BOOST_CHECK(parse_protected_policy(Bytes()).error().kind == ErrorKind::kCorrupt);
}

BOOST_AUTO_TEST_CASE(links_name_a_filesystem) {
  const auto link = parse_protector_link("UUID=01234567-89ab-cdef-0123-456789abcdef\nPATH=/mnt/data\nX=1\n\n");
  BOOST_REQUIRE(link);
  BOOST_TEST(link->uuid == "01234567-89ab-cdef-0123-456789abcdef");
  BOOST_TEST(link->mountpoint == "/mnt/data");
  BOOST_TEST(parse_protector_link(" UUID=abc \r\n")->uuid == "abc");
  BOOST_CHECK(parse_protector_link("UUID=a=b\n").error().kind == ErrorKind::kCorrupt);
  BOOST_CHECK(parse_protector_link("").error().kind == ErrorKind::kCorrupt);
}

// The descriptors that `e4crypt add_key` of e2fsprogs 1.47.0 printed for these salts; f2fscrypt prints the same.
BOOST_AUTO_TEST_CASE(e4crypt_makes_the_same_keys) {
  const std::map<std::string, std::string> printed{{"s:pepper", "06a304bdd731e038"},
                                                   {"0x0011223344556677", "51d7dc99d4bc836b"},
                                                   {"01234567-89ab-cdef-0123-456789abcdef", "3c94674123744747"}};
  for (const auto& [salt, descriptor] : printed) {
    const auto key = e4crypt_key(secret("correct horse"), parse_salt(salt).value());
    BOOST_REQUIRE(key);
    BOOST_TEST(key->size() == 64U);
    BOOST_TEST(to_hex(MasterKey::make(Secret(key->view()))->descriptor()) == descriptor);
  }
}

BOOST_AUTO_TEST_CASE(salts_are_read_as_e4crypt_reads_them) {
  BOOST_TEST(to_hex(parse_salt("s:ab").value()) == "6162");
  BOOST_TEST(parse_salt("s:")->empty());
  BOOST_TEST(parse_salt("s:" + std::string(255, 'x'))->size() == 255U);
  BOOST_TEST(parse_salt("0x" + std::string(512, '0'))->size() == 256U);
  for (const std::string& wrong :
       {"s:" + std::string(256, 'x'), "0x" + std::string(514, '0'), std::string("0x123"), std::string("0xAB"),
        std::string("pepper"), std::string("/mnt"), std::string("f:mnt"), std::string(""),
        std::string("01234567-89ab-cdef-0123-456789abcdeg"), std::string("0123456789ab-cdef-0123-4567-89abcdef")}) {
    const auto salt = parse_salt(wrong);
    BOOST_TEST(!salt.has_value(), wrong);
    if (!salt) BOOST_CHECK(salt.error().kind == ErrorKind::kUsage);
  }
}

BOOST_AUTO_TEST_CASE(one_final_newline_is_not_part_of_a_passphrase) {
  const auto read = [](const std::string& text) {
    std::istringstream in(text);
    const auto passphrase = read_passphrase("-", in);
    return passphrase ? std::string(as_chars(passphrase->key.view())) : "error: " + passphrase.error().what;
  };
  BOOST_TEST(read("correct horse\n") == "correct horse");
  BOOST_TEST(read("correct horse") == "correct horse");
  BOOST_TEST(read("two\n\n") == "two\n");
  BOOST_TEST(read("\n") == "error: there is no passphrase in it");
  BOOST_TEST(read("") == "error: there is no passphrase in it");
  BOOST_TEST(read(std::string(4096, 'x')).size() == 4096U);
  BOOST_TEST(read(std::string(4097, 'x')) == "error: a passphrase of more than 4096 bytes is not taken");
}

BOOST_AUTO_TEST_SUITE_END()
