#include "core/fscrypt/nokey_name.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_nokey_name)

BOOST_AUTO_TEST_CASE(names_that_a_kernel_showed) {
  BOOST_TEST(fscrypt::no_key_name({0x9f3b556c, 0x2ec14f8e},
                                  hex("cd42483ae10b00d2d0cd432f4a57320538bf114c213c5b99f96edac5fa31595f")) ==
             "bFU7n45PwS7NQkg64QsA0tDNQy9KVzIFOL8RTCE8W5n5btrF-jFZXw");
  BOOST_TEST(fscrypt::no_key_name({0, 0}, hex("21bb5c7ab8d08706daa1703bfd6b2d59bdd418eb42d06ddaa0fe2019fe827a90")) ==
             "AAAAAAAAAAAhu1x6uNCHBtqhcDv9ay1ZvdQY60LQbdqg_iAZ_oJ6kA");
}

BOOST_AUTO_TEST_CASE(what_is_past_149_bytes_is_a_digest) {
  Bytes ciphertext(255);
  for (std::size_t i = 0; i < ciphertext.size(); ++i) ciphertext[i] = static_cast<std::byte>(i);
  const std::string start =
      "Z0UjAe_Nq4kAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4_QEFCQ0RFRkdISUpL"
      "TE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHiImKi4yNjo-QkZKTlI";
  BOOST_TEST(fscrypt::no_key_name({0x01234567, 0x89abcdef}, ciphertext) ==
             start + "miuSwUMtoEfkeCyftHDMZ2aEw7Y8IN_0wXTdI58HNa");
  BOOST_TEST(fscrypt::no_key_name({0, 0}, ciphertext).size() == 252u);
  BOOST_TEST(fscrypt::no_key_name({0, 0}, Bytes(149)).size() == 210u);
}

BOOST_AUTO_TEST_SUITE_END()
