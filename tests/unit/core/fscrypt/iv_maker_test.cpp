#include "core/fscrypt/iv_maker.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/little_endian.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace

BOOST_AUTO_TEST_SUITE(fscrypt_iv_maker)

namespace {

constexpr const char* kNonce = "64a113b83262a12825e71d1301cf9d73";

std::string iv(std::uint8_t flags, std::uint64_t inode, std::uint64_t data_unit) {
  auto context = fscrypt::vectors::kernel_context(kNonce);
  context.policy.flags = flags;
  const auto maker = fscrypt::IvMaker::make(context, fscrypt::vectors::kernel_key(), {{}, inode});
  if (!maker) return maker.error().what;
  const auto made = maker->iv(data_unit);
  return made ? to_hex(*made) : "none";
}

const std::string kZeros(32, '0');

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_flag_an_iv_is_the_number) {
  BOOST_TEST(iv(3, 12, 0) == "0000000000000000" + kZeros + "0000000000000000");
  BOOST_TEST(iv(3, 12, 0x0123456789abcdef) == "efcdab8967452301" + kZeros + "0000000000000000");
}

BOOST_AUTO_TEST_CASE(direct_key_adds_the_nonce) {
  BOOST_TEST(iv(4, 12, 0) == "0000000000000000" + std::string(kNonce) + "0000000000000000");
  BOOST_TEST(iv(4, 12, 0x100000001) == "0100000001000000" + std::string(kNonce) + "0000000000000000");
}

BOOST_AUTO_TEST_CASE(iv_ino_lblk_64_has_the_inode_above_32_bits_of_number) {
  BOOST_TEST(iv(8, 0x11223344, 0xffffffff).substr(0, 16) == "ffffffff44332211");
  BOOST_TEST(iv(8, 0xffffffff, 0) == "00000000ffffffff" + kZeros + "0000000000000000");
  BOOST_TEST(iv(8, 12, 0x100000000) == "none");
  BOOST_TEST(iv(8, 0x100000000, 0) ==
             "the inode's number does not fit into the 32 bits that IV_INO_LBLK_64 has for it");
}

BOOST_AUTO_TEST_CASE(iv_ino_lblk_32_adds_the_hashed_inode_modulo_2_to_the_32) {
  const auto number = [](std::uint64_t inode, std::uint64_t data_unit) {
    const auto bytes = from_hex(iv(16, inode, data_unit));
    BOOST_REQUIRE(bytes);
    BOOST_TEST(all_zero(ByteSpan(*bytes).subspan(4)));
    return ByteView(*bytes).load<Le32>(0)->get();
  };
  const std::uint32_t hashed = number(12, 0);
  BOOST_TEST(hashed != 0u);
  BOOST_TEST(hashed != number(13, 0));
  BOOST_TEST(number(12, 1) == hashed + 1);
  BOOST_TEST(number(12, 0xffffffff) == hashed - 1);
  BOOST_TEST(number(12, 0xffffffff - hashed) == 0xffffffffu);
  BOOST_TEST(number(12, std::uint64_t{0xffffffff} - hashed + 1) == 0u);
  BOOST_TEST(iv(16, 12, 0x100000000) == "none");
  BOOST_TEST(iv(16, 0x100000000, 0) ==
             "the inode's number does not fit into the 32 bits that IV_INO_LBLK_32 has for it");
}

BOOST_AUTO_TEST_SUITE_END()
