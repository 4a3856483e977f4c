#include "fs/ext4/crc32c.hpp"

#include <boost/test/unit_test.hpp>

namespace coldread::ext4 {

BOOST_AUTO_TEST_SUITE(ext4_crc32c)

// RFC 3720, B.4, whose sums are inverted at the end.
BOOST_AUTO_TEST_CASE(sums_of_rfc_3720) {
  BOOST_TEST(~crc32c(~0u, Bytes(32, std::byte{0x00})) == 0x8A9136AAu);
  BOOST_TEST(~crc32c(~0u, Bytes(32, std::byte{0xff})) == 0x62A8AB43u);
  Bytes rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<std::byte>(i);
  BOOST_TEST(~crc32c(~0u, rising) == 0x46DD794Eu);
}

BOOST_AUTO_TEST_CASE(check_value_and_chains) {
  BOOST_TEST(~crc32c(~0u, as_bytes("123456789")) == 0xE3069283u);
  BOOST_TEST(crc32c(crc32c(~0u, as_bytes("1234")), as_bytes("56789")) == crc32c(~0u, as_bytes("123456789")));
  BOOST_TEST(crc32c(7, {}) == 7u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::ext4
