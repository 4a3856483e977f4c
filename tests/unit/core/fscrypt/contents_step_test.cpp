#include "core/fscrypt/contents_step.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>

#include "core/base/little_endian.hpp"
#include "core/read/window.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;
using read::ExtentKind;

BOOST_AUTO_TEST_SUITE(fscrypt_contents_step)

namespace {

constexpr const char* kNonce = "64a113b83262a12825e71d1301cf9d73";

/// A file of one byte, 0xa4: its only data unit.
constexpr const char* kFirstUnit =
    "4e5a88e4ef903c056ede0f92d22f384e04bd0445331b394d9c37e3ef07d0184b1232a9d9c6c91abebcff3197b25d016ec0aa"
    "1de53a14935ad7aaf5ac69cc64e88262e12a407cb8bea7ba619dfcc17dfab7774608913c9868e510ac6d73fc339935d42ca0"
    "3675a4f612aea73ef81079e05d73f0d336baa13a07e31ca115c5f6f2afc815935963012731fcb20827eb915a174a65d161c5"
    "464847e3769750c1eca0b2fdc4c84e9ab2990562d4e75203267679eaeefee7fe475df3b41ef86b354dd93bd08584d99c35ff"
    "86f5dd6bec5510d68017f53ca32671e155142c89fa3f1da352c4c762487951dc84f1a50999f7c5443b5e7d13e264b6761fc5"
    "0b8476eabedc3644fd1c0714f90108289716218fe4c9226ec7ee9bb7b233e631f5d2a50ffcf776edc9fff04f66b6372baca6"
    "4d925eccd617f0e3a6668c59fb0833486a8c4605a3750709f2c76ddc132a62e184abaee71eec1cc6dfcbce223a5a19dd138c"
    "d2a58d7e39e2859b0a915ee499dd9ea72a918586decb3cff44cffbbff01f60349454317f22abec6a6adb16753e6aa8e4c672"
    "ca79e559a0793157e7b04c934f34747d8d513cd50ae2cbef036bbf9ace8eb2231215888814993552573e1b76e803606ad59f"
    "046363886909970c3040606064e707c5a9f840822578fb298e37d0fee6459dce8809622e882278c5b210a6abe31f19de4b8d"
    "cff973681678b3272da88999";

/// Data unit 20, the last one, of a file of 10650 bytes of text.
constexpr const char* kLaterUnit =
    "b595854781433c0a8d1529acb77df8731880c09393d5f0f68ee630d721f9e50f86739440af05d15f662a96428a0a2d825487"
    "3320d17328368b841784e6a4e5f24600fa67240db90456fe5d26b741604aaf14246cfa158d0c81ebd6823b7c8c034461cadb"
    "f8687e8859d49494b415960a58dfd0eba8d1e3790bf090b3a24792ddd635136521be5d4bfb742858805d569c5609a6c5d032"
    "c692004d6eae9b2464988d012ba6bc2e9a33083b9fb8b30331f723b4c46a0eaa7dc817cf95ffc2aa6b9e6a99320eaf29e462"
    "f53d7b7877abc52491c1e2b7ba94f4324fac8926565f91e35e4e911409f0a9d57b8345379b56c8a090d3475352913701df45"
    "e6840275dbb9ab57a205fee770aed243fef84e0bd50044dae4a15c78ac51c4eed9852427003e1a9e12cc9817cce7e7f992f9"
    "cddf47f407b3a4614d2af6564249623fc14659b9fac99a9fb96e98492f48154f3b85c7efb399ad09baaf1eff14decaefe2ae"
    "16cffcf71dfddd7e3b3fef0030e21be4ba96dc01fcbeb2dddc3718afe506b75519660968d8a25c7be8cde2e47dc83d25f806"
    "5c9f86a59820adce199d509353cf9d1e960c5fcd5fae4291ddc814255c331cbbc7161e4b651f9ae886f6a5854fd84f3f2d9c"
    "94c735b6493caafc253cb166f61d83aefe56a49456fc050499ae00db8fe7442c7f1ce608d5879793a7e85ee19be1894f7b4b"
    "1133a5b7aac5b575af646071";

std::unique_ptr<const read::Step> make_step(std::string_view nonce, std::uint32_t unit) {
  const auto context = fscrypt::vectors::kernel_context(nonce, unit);
  return std::move(fscrypt::make_contents_step(context, fscrypt::vectors::kernel_key(), {}).value());
}

/// Encrypts data units the way the documents say, with libcrypto alone.
void encrypt(Bytes& bytes, std::uint64_t first_unit, std::size_t unit) {
  const auto context = fscrypt::vectors::kernel_context(kNonce);
  const auto key = fscrypt::vectors::kernel_key().derive_per_file_key(context.nonce, 64);
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  for (std::size_t at = 0; at < bytes.size(); at += unit) {
    Bytes iv(16);
    const Le64 number(first_unit + at / unit);
    std::copy_n(bytes_of(number).begin(), 8, iv.begin());
    int written = 0;
    const MutableByteSpan piece = MutableByteSpan(bytes).subspan(at, unit);
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_xts(), nullptr, as_uchars(key->view()), as_uchars(ByteSpan(iv)));
    EVP_EncryptUpdate(cipher.get(), as_uchars(piece), &written, as_uchars(ByteSpan(piece)), static_cast<int>(unit));
  }
}

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return bytes;
}

read::Window window_over(Bytes& bytes, std::uint64_t offset, std::vector<read::Extent> extents) {
  read::Window window;
  window.offset = offset;
  window.bytes = bytes;
  window.extents = std::move(extents);
  return window;
}

}  // namespace

BOOST_AUTO_TEST_CASE(data_units_that_a_kernel_wrote) {
  Bytes first = hex(kFirstUnit);
  auto window = window_over(first, 0, {{0, 512, ExtentKind::kStored, 8192}});
  make_step(kNonce, 512)->apply(window);
  Bytes expected(512);
  expected[0] = std::byte{0xa4};
  BOOST_TEST((first == expected));

  Bytes later = hex(kLaterUnit);
  window = window_over(later, 10240, {{10240, 512, ExtentKind::kStored, 0}});
  make_step("94f1981668f881a050d5df4401899b34", 512)->apply(window);
  const std::string_view text = as_chars(later);
  BOOST_TEST(text.starts_with(" journal salt salt the kernel extent sparse extent"));
  BOOST_TEST(text.substr(400, 10) == "le\nextent\n");
  BOOST_TEST(all_zero(ByteSpan(later).subspan(410)));
  BOOST_TEST(window.faults.empty());
}

BOOST_AUTO_TEST_CASE(each_unit_has_its_own_number_wherever_the_window_starts) {
  for (const std::uint32_t unit : {512u, 1024u, 4096u, 65536u}) {
    const std::uint64_t first_unit = 0x1'0000'0003;
    const Bytes plain = pattern(std::size_t{4} * unit);
    Bytes bytes = plain;
    encrypt(bytes, first_unit, unit);
    const std::uint64_t offset = first_unit * unit;
    auto window = window_over(bytes, offset, {{offset, bytes.size(), ExtentKind::kStored, 0}});
    const auto step = make_step(kNonce, unit);
    BOOST_TEST(step->unit() == unit);
    BOOST_CHECK(step->kind() == read::StepKind::kDecrypt);
    step->apply(window);
    BOOST_TEST((bytes == plain));
    BOOST_TEST(window.faults.empty());
  }
}

BOOST_AUTO_TEST_CASE(holes_and_unwritten_extents_stay_zeros) {
  Bytes bytes = pattern(4096);
  const Bytes plain = bytes;
  encrypt(bytes, 0, 1024);
  std::fill_n(bytes.begin() + 1024, 2048, std::byte{0});
  auto window = window_over(bytes, 0,
                            {{0, 1024, ExtentKind::kStored, 0},
                             {1024, 1024, ExtentKind::kHole, 0},
                             {2048, 1024, ExtentKind::kUnwritten, 0},
                             {3072, 1024, ExtentKind::kStored, 9216}});
  make_step(kNonce, 1024)->apply(window);
  BOOST_TEST(std::equal(plain.begin(), plain.begin() + 1024, bytes.begin()));
  BOOST_TEST(all_zero(ByteSpan(bytes).subspan(1024, 2048)));
  BOOST_TEST(std::equal(plain.begin() + 3072, plain.end(), bytes.begin() + 3072));
  BOOST_TEST(window.faults.empty());
}

BOOST_AUTO_TEST_CASE(extents_that_reach_out_of_the_window_are_cut_to_it) {
  Bytes bytes = pattern(2048);
  const Bytes plain = bytes;
  encrypt(bytes, 4, 1024);
  auto window = window_over(bytes, 4096, {{0, 1 << 20, ExtentKind::kStored, 0}});
  make_step(kNonce, 1024)->apply(window);
  BOOST_TEST((bytes == plain));
}

BOOST_AUTO_TEST_CASE(blocks_that_failed_before_are_left_alone) {
  Bytes bytes = pattern(4096);
  const Bytes plain = bytes;
  encrypt(bytes, 0, 512);
  std::fill_n(bytes.begin() + 1024, 1024, std::byte{0});
  auto window = window_over(bytes, 0, {{0, 4096, ExtentKind::kStored, 0}});
  window.faults.push_back({{1024, 1024}, read::StepKind::kRead, "past the end of the image"});
  make_step(kNonce, 512)->apply(window);
  BOOST_TEST(window.faults.size() == 1u);
  BOOST_TEST(std::equal(plain.begin(), plain.begin() + 1024, bytes.begin()));
  BOOST_TEST(all_zero(ByteSpan(bytes).subspan(1024, 1024)));
  BOOST_TEST(std::equal(plain.begin() + 2048, plain.end(), bytes.begin() + 2048));
}

BOOST_AUTO_TEST_CASE(fragments_within_a_unit_are_one_run) {
  Bytes bytes = pattern(2048);
  const Bytes plain = bytes;
  encrypt(bytes, 0, 2048);
  auto window = window_over(bytes, 0, {{0, 512, ExtentKind::kStored, 4096}, {512, 1536, ExtentKind::kStored, 65536}});
  make_step(kNonce, 2048)->apply(window);
  BOOST_TEST((bytes == plain));
  BOOST_TEST(window.faults.empty());
}

BOOST_AUTO_TEST_CASE(units_that_are_only_partly_stored_fail_and_are_zeros) {
  Bytes bytes = pattern(4096);
  const Bytes plain = bytes;
  encrypt(bytes, 0, 1024);
  auto window = window_over(
      bytes, 0,
      {{0, 512, ExtentKind::kHole, 0}, {512, 2048, ExtentKind::kStored, 0}, {2560, 1536, ExtentKind::kHole, 0}});
  make_step(kNonce, 1024)->apply(window);
  BOOST_TEST(all_zero(ByteSpan(bytes).first(1024)));
  BOOST_TEST(std::equal(plain.begin() + 1024, plain.begin() + 2048, bytes.begin() + 1024));
  BOOST_TEST(all_zero(ByteSpan(bytes).subspan(2048, 1024)));
  BOOST_REQUIRE(window.faults.size() == 2u);
  const std::string reason = "a data unit is only partly stored";
  BOOST_CHECK((window.faults[0] == read::BlockFault{{0, 1024}, read::StepKind::kDecrypt, reason}));
  BOOST_CHECK((window.faults[1] == read::BlockFault{{2048, 1024}, read::StepKind::kDecrypt, reason}));
}

BOOST_AUTO_TEST_CASE(inline_data_is_no_encrypted_content) {
  Bytes bytes = pattern(1024);
  auto window = window_over(bytes, 0, {{0, 100, ExtentKind::kInline, 77}, {100, 924, ExtentKind::kHole, 0}});
  make_step(kNonce, 1024)->apply(window);
  BOOST_TEST(all_zero(bytes));
  BOOST_REQUIRE(window.faults.size() == 1u);
  BOOST_TEST(window.faults[0].range.length == 1024u);
  BOOST_TEST(window.faults[0].reason == "inline data cannot be encrypted contents");
}

BOOST_AUTO_TEST_CASE(a_unit_whose_number_does_not_fit_is_refused_and_its_neighbour_is_not) {
  auto context = fscrypt::vectors::kernel_context(kNonce, 4096);
  context.policy.flags = 8;
  const auto step = fscrypt::make_contents_step(context, fscrypt::vectors::kernel_key(), {{}, 12}).value();
  const std::uint64_t offset = 0xffffffffULL * 4096;
  Bytes bytes = pattern(8192);
  auto window = window_over(bytes, offset, {{offset, 8192, ExtentKind::kStored, 0}});
  step->apply(window);
  BOOST_REQUIRE(window.faults.size() == 1u);
  BOOST_CHECK((window.faults[0] == read::BlockFault{{offset + 4096, 4096},
                                                    read::StepKind::kDecrypt,
                                                    "the data unit's number does not fit into its IV"}));
  BOOST_TEST(!all_zero(ByteSpan(bytes).first(4096)));
  BOOST_TEST(all_zero(ByteSpan(bytes).subspan(4096)));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_too_short_makes_no_step) {
  auto context = fscrypt::vectors::kernel_context(kNonce);
  const auto refusal = [&](std::size_t size) {
    const auto step = fscrypt::make_contents_step(context, fscrypt::MasterKey::make(Secret(size)).value(), {});
    return step ? "" : step.error().message();
  };
  BOOST_TEST(refusal(16) == "encryption key: its 16 bytes are too few: AES-256-XTS in version 2 takes at least 32");
  BOOST_TEST(refusal(31) != "");
  BOOST_TEST(refusal(32) == "");
  context.policy.version = 1;
  BOOST_TEST(refusal(63) == "encryption key: its 63 bytes are too few: AES-256-XTS in version 1 takes at least 64");
  BOOST_TEST(refusal(64) == "");
}

BOOST_AUTO_TEST_CASE(an_unsupported_policy_makes_no_step) {
  auto context = fscrypt::vectors::kernel_context(kNonce);
  context.policy.flags |= 0x04;
  const auto step = fscrypt::make_contents_step(context, fscrypt::vectors::kernel_key(), {});
  BOOST_REQUIRE(!step);
  BOOST_CHECK(step.error().kind == ErrorKind::kUnsupported);
}

BOOST_AUTO_TEST_SUITE_END()
