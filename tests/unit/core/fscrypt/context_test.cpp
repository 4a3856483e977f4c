#include "core/fscrypt/context.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <utility>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_context)

namespace {

const std::string kV1 =
    "01010403"
    "0011223344556677"
    "000102030405060708090a0b0c0d0e0f";
const std::string kV2Tail =
    "f26f3e13d3da58779600ba63591d135b"
    "b3aad85c05db1e850e24b51a6d333ff7";

std::string refusal(const fscrypt::Policy& policy) {
  const auto error = fscrypt::unsupported(policy);
  return error ? error->what : "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(v2_of_a_kernel_is_read) {
  const auto context = fscrypt::parse_context(hex("0201040309000000" + kV2Tail), 4096);
  BOOST_REQUIRE(context);
  BOOST_TEST(context->policy.version == 2);
  BOOST_TEST(context->policy.contents_mode == 1);
  BOOST_TEST(context->policy.filenames_mode == 4);
  BOOST_TEST(context->policy.padding() == 32u);
  BOOST_TEST(context->policy.data_unit_size == 512u);
  BOOST_TEST(to_hex(context->policy.master_key) == "f26f3e13d3da58779600ba63591d135b");
  BOOST_TEST(to_hex(context->nonce) == "b3aad85c05db1e850e24b51a6d333ff7");
  BOOST_TEST(context->policy.flag_names().empty());
  BOOST_TEST(!fscrypt::unsupported(context->policy));
}

BOOST_AUTO_TEST_CASE(v1_is_read) {
  const auto context = fscrypt::parse_context(hex(kV1), 1024);
  BOOST_REQUIRE(context);
  BOOST_TEST(context->policy.version == 1);
  BOOST_TEST(context->policy.data_unit_size == 1024u);
  BOOST_TEST(to_hex(context->policy.master_key) == "0011223344556677");
  BOOST_TEST(to_hex(context->nonce) == "000102030405060708090a0b0c0d0e0f");
  BOOST_TEST(refusal(context->policy).empty());
}

BOOST_AUTO_TEST_CASE(a_data_unit_is_512_bytes_to_a_block) {
  const auto unit = [](const char* log2, std::uint32_t block_size) {
    const auto context = fscrypt::parse_context(hex("02010403" + std::string(log2) + "000000" + kV2Tail), block_size);
    return context ? context->policy.data_unit_size : 0u;
  };
  BOOST_TEST(unit("00", 4096) == 4096u);
  BOOST_TEST(unit("00", 65536) == 65536u);
  BOOST_TEST(unit("09", 1024) == 512u);
  BOOST_TEST(unit("0c", 4096) == 4096u);
  BOOST_TEST(unit("08", 4096) == 0u);
  BOOST_TEST(unit("0d", 4096) == 0u);
  BOOST_TEST(unit("20", 4096) == 0u);
  BOOST_TEST(unit("ff", 4096) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_context_is_told_apart) {
  const auto kind = [](const std::string& stored) { return fscrypt::parse_context(hex(stored), 4096).error().kind; };
  BOOST_CHECK(kind("") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind("02010403") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind(kV1 + "00") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind("0201040300000000" + kV2Tail + "00") == ErrorKind::kCorrupt);
  BOOST_CHECK(kind("0201040300000001" + kV2Tail) == ErrorKind::kUnsupported);
  BOOST_CHECK(kind("03") == ErrorKind::kUnsupported);
  BOOST_CHECK(kind("00") == ErrorKind::kUnsupported);
}

BOOST_AUTO_TEST_CASE(policies_are_refused_by_name) {
  fscrypt::Policy policy = fscrypt::vectors::kernel_context("00").policy;
  BOOST_TEST(refusal(policy).empty());
  policy.flags = 0x80;
  BOOST_TEST(refusal(policy) == "flag 0x80 is not supported");
  policy.flags = 0x28;
  BOOST_TEST(refusal(policy) == "flag 0x20 is not supported");
  policy.filenames_mode = 9;
  BOOST_TEST(
      refusal(policy) ==
      "contents encryption with AES-256-XTS and filenames encryption with Adiantum in version 2 is not supported");
  policy.filenames_mode = 3;
  BOOST_TEST(refusal(policy) == "filenames encryption with mode 3 is not supported");
  policy.contents_mode = 42;
  BOOST_TEST(refusal(policy) == "contents encryption with mode 42 is not supported");
  policy.version = 3;
  BOOST_TEST(refusal(policy) == "version 3 is not supported");
}

// fs/crypto/policy.c, fscrypt_valid_enc_modes_v1 and _v2.
BOOST_AUTO_TEST_CASE(the_kernel_s_pairs_of_modes_and_no_others) {
  const std::set<std::pair<int, int>> in_both{{1, 4}, {5, 6}, {9, 9}};
  std::set<std::pair<int, int>> in_v2 = in_both;
  in_v2.insert({{1, 10}, {7, 8}});
  for (const int version : {1, 2}) {
    std::set<std::pair<int, int>> taken;
    for (int contents = 0; contents < 256; ++contents) {
      for (int filenames = 0; filenames < 256; ++filenames) {
        fscrypt::Policy policy;
        policy.version = version;
        policy.contents_mode = static_cast<std::uint8_t>(contents);
        policy.filenames_mode = static_cast<std::uint8_t>(filenames);
        if (!fscrypt::unsupported(policy)) taken.insert({contents, filenames});
      }
    }
    BOOST_CHECK(taken == (version == 1 ? in_both : in_v2));
  }
}

BOOST_AUTO_TEST_CASE(flags_that_contradict_each_other_or_the_modes_are_refused) {
  fscrypt::Policy policy = fscrypt::vectors::kernel_context("00").policy;
  const auto with = [&](int version, std::uint8_t contents, std::uint8_t filenames, int flags) {
    policy.version = version;
    policy.contents_mode = contents;
    policy.filenames_mode = filenames;
    policy.flags = static_cast<std::uint8_t>(flags);
    return refusal(policy);
  };
  for (const int flags : {0x00, 0x03, 0x08, 0x0b, 0x10, 0x13}) {
    BOOST_TEST(with(2, 1, 4, flags).empty());
    BOOST_TEST(with(2, 1, 10, flags).empty());
  }
  for (const int flags : {0x00, 0x03, 0x04, 0x07}) {
    BOOST_TEST(with(1, 9, 9, flags).empty());
    BOOST_TEST(with(2, 9, 9, flags).empty());
  }
  BOOST_TEST(with(2, 1, 4, 0x04) == "flag DIRECT_KEY with AES-256-XTS is not supported");
  BOOST_TEST(with(1, 5, 6, 0x04) == "flag DIRECT_KEY with AES-128-CBC-ESSIV is not supported");
  BOOST_TEST(with(2, 9, 9, 0x08) == "flag IV_INO_LBLK_64 with Adiantum is not supported");
  BOOST_TEST(with(2, 7, 8, 0x10) == "flag IV_INO_LBLK_32 with SM4-XTS is not supported");
  BOOST_TEST(with(1, 1, 4, 0x08) == "flag IV_INO_LBLK_64 in version 1 is not supported");
  BOOST_TEST(with(1, 1, 4, 0x10) == "flag IV_INO_LBLK_32 in version 1 is not supported");
  BOOST_TEST(with(2, 1, 4, 0x18) == "flag IV_INO_LBLK_64 together with IV_INO_LBLK_32 is not supported");
  BOOST_TEST(with(2, 9, 9, 0x0c) == "flag DIRECT_KEY together with IV_INO_LBLK_64 is not supported");
}

BOOST_AUTO_TEST_CASE(iv_ino_lblk_32_takes_no_data_unit_below_a_block) {
  const auto parsed = [](const char* flags_and_unit) {
    return fscrypt::parse_context(hex("020104" + std::string(flags_and_unit) + "000000" + kV2Tail), 4096);
  };
  BOOST_TEST(parsed("1300").has_value());
  BOOST_TEST(parsed("130c").has_value());
  BOOST_CHECK(parsed("130b").error().kind == ErrorKind::kUnsupported);
  BOOST_TEST(parsed("0b0b").has_value());
}

// fs/crypto/keysetup.c, fscrypt_valid_master_key_size and fscrypt_modes.
BOOST_AUTO_TEST_CASE(keys_have_the_kernel_s_least_sizes) {
  const auto least = [](int version, std::uint8_t contents, std::uint8_t filenames, fscrypt::Use use) {
    fscrypt::Policy policy;
    policy.version = version;
    policy.contents_mode = contents;
    policy.filenames_mode = filenames;
    std::size_t size = 0;
    while (fscrypt::key_too_short(policy, use, size)) ++size;
    return size;
  };
  using fscrypt::Use;
  BOOST_TEST(least(1, 1, 4, Use::kContents) == 64u);
  BOOST_TEST(least(1, 1, 4, Use::kNames) == 32u);
  BOOST_TEST(least(1, 5, 6, Use::kContents) == 16u);
  BOOST_TEST(least(1, 9, 9, Use::kContents) == 32u);
  BOOST_TEST(least(2, 1, 4, Use::kContents) == 32u);
  BOOST_TEST(least(2, 1, 10, Use::kNames) == 32u);
  BOOST_TEST(least(2, 5, 6, Use::kContents) == 16u);
  BOOST_TEST(least(2, 7, 8, Use::kContents) == 16u);
  BOOST_TEST(least(2, 7, 8, Use::kNames) == 16u);
  BOOST_TEST(least(2, 9, 9, Use::kNames) == 32u);
}

BOOST_AUTO_TEST_CASE(modes_and_flags_have_names) {
  const std::vector<std::string> all{"DIRECT_KEY", "IV_INO_LBLK_64", "IV_INO_LBLK_32", "0x20", "0x40", "0x80"};
  fscrypt::Policy policy;
  policy.flags = 0xff;
  BOOST_TEST(policy.flag_names() == all, boost::test_tools::per_element());
  BOOST_TEST(fscrypt::mode_name(5) == "AES-128-CBC-ESSIV");
  BOOST_TEST(fscrypt::mode_name(6) == "AES-128-CTS");
  BOOST_TEST(fscrypt::mode_name(7) == "SM4-XTS");
  BOOST_TEST(fscrypt::mode_name(8) == "SM4-CTS");
  BOOST_TEST(fscrypt::mode_name(9) == "Adiantum");
  BOOST_TEST(fscrypt::mode_name(0) == "mode 0");
}

BOOST_AUTO_TEST_SUITE_END()
