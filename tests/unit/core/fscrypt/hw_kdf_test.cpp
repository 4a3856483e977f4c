#include "core/fscrypt/hw_kdf.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::HwKdf;
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_hw_kdf)

namespace {

std::string text(const Result<Secret>& derived) { return derived ? to_hex(derived->view()) : derived.error().what; }

}  // namespace

// What Android's vts_kernel_encryption_test (utils.cpp, TestKdfVariants) expects of a raw key of zeros.
BOOST_AUTO_TEST_CASE(vectors_of_android) {
  const Bytes zeros(32);
  const std::string secret = "e26fb19b4fb6266fc7c5fc9654efad643cfebc64c097341155195595c28d5ec9";
  BOOST_TEST(text(fscrypt::derive_sw_secret(zeros, HwKdf::kV1)) == secret);
  BOOST_TEST(text(fscrypt::derive_sw_secret(zeros, HwKdf::kLegacy)) == secret);
  BOOST_TEST(text(fscrypt::derive_sw_secret(zeros, HwKdf::kRearranged)) ==
             "4ef06e6aa984104667863f15087c12bbfb8e4715145bc06b5982abd4198385b4");
  BOOST_TEST(text(fscrypt::derive_inline_key(zeros, HwKdf::kV1)) ==
             "cbe5db40215a3d386d61e54ef2f8a7814b00bacf35b316f88e68e89a47abbab4"
             "834c27dac8a91ae1c3304f31b5f2202c14989661bafccc56cf6212d8b1f72691");
  BOOST_TEST(text(fscrypt::derive_inline_key(zeros, HwKdf::kLegacy)) ==
             "6361f802b37aa64a075784bede2341f1d9236e646c70460f15b37ce5ff43a54f"
             "15d95693343d528b67372a7f383ed8e7c45ed0899e02825453c9419aafa3695f");
  BOOST_TEST(text(fscrypt::derive_inline_key(zeros, HwKdf::kRearranged)) ==
             "dba0a67e471be39fd1ec289945f52145df12937a0b42915f7c711feb47403e6a"
             "e5b7b52968a8cc635d10ab8b8724ef5dec6236d81a1b387808c407ce01c56388");
}

BOOST_AUTO_TEST_CASE(only_keys_of_32_bytes_are_derived_from) {
  for (const std::size_t size : {0u, 16u, 31u, 33u, 64u}) {
    BOOST_CHECK(fscrypt::derive_sw_secret(Bytes(size), HwKdf::kV1).error().kind == ErrorKind::kUsage);
    BOOST_CHECK(fscrypt::derive_inline_key(Bytes(size), HwKdf::kV1).error().kind == ErrorKind::kUsage);
  }
}

BOOST_AUTO_TEST_SUITE_END()
