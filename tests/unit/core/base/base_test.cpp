#include <boost/test/unit_test.hpp>
#include <limits>

#include "core/base/byte_view.hpp"
#include "core/base/checked.hpp"
#include "core/base/little_endian.hpp"
#include "core/base/secret.hpp"
#include "core/base/text.hpp"

namespace coldread {

BOOST_AUTO_TEST_SUITE(base)

BOOST_AUTO_TEST_CASE(a_view_bounds_every_access_and_never_overflows) {
  const Bytes bytes(10, std::byte{1});
  const ByteView view(bytes);
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  BOOST_TEST(view.fits(0, 10));
  BOOST_TEST(view.fits(10, 0));
  BOOST_TEST(!view.fits(10, 1));
  BOOST_TEST(!view.fits(11, 0));
  BOOST_TEST(!view.fits(1, kMax));
  BOOST_TEST(!view.fits(kMax, 1));
  BOOST_TEST(!view.sub(4, 7).has_value());
  BOOST_TEST(view.sub(4, 6)->size() == 6U);
  BOOST_TEST(view.load<Le64>(2).has_value());
  BOOST_TEST(!view.load<Le64>(3).has_value());
  BOOST_TEST(!view.byte(10).has_value());
}

BOOST_AUTO_TEST_CASE(little_endian_fields_are_bytes_that_convert) {
  const Bytes bytes{std::byte{0x78}, std::byte{0x56}, std::byte{0x34}, std::byte{0x12}};
  BOOST_TEST(ByteView(bytes).load<Le32>(0)->get() == 0x12345678U);
  BOOST_TEST(ByteView(bytes).load<Le16>(1)->get() == 0x3456U);
  BOOST_TEST(Le64(0x0102030405060708ULL).get() == 0x0102030405060708ULL);
  BOOST_TEST(join(0x89abcdef, 0x01234567) == 0x0123456789abcdefULL);
}

BOOST_AUTO_TEST_CASE(checked_arithmetic_says_when_it_does_not_fit) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  BOOST_TEST(!checked_add(kMax, 1).has_value());
  BOOST_TEST(checked_add(kMax, 0).value() == kMax);
  BOOST_TEST(!checked_mul(1ULL << 33, 1ULL << 31).has_value());
  BOOST_TEST(!checked_shl(1, 64).has_value());
  BOOST_TEST(!checked_shl(3, 63).has_value());
  BOOST_TEST(checked_shl(1, 63).value() == 1ULL << 63);
  BOOST_TEST(checked_shl(kMax, 0).value() == kMax);
  BOOST_TEST(!checked_round_up(kMax, 4096).has_value());
  BOOST_TEST(round_up(kMax, 4096) == kMax - 4095);
  BOOST_TEST(round_up(4097, 4096) == 8192U);
}

BOOST_AUTO_TEST_CASE(texts) {
  BOOST_TEST(to_hex(as_bytes("\x01\xfe")) == "01fe");
  BOOST_TEST(ByteView(*from_hex("01Fe")).str() == "\x01\xfe");
  BOOST_TEST(!from_hex("012").has_value());
  BOOST_TEST(!from_hex("0g").has_value());
  // RFC 4648, section 10
  BOOST_TEST(to_base64(as_bytes("foob")) == "Zm9vYg==");
  BOOST_TEST(to_base64(as_bytes("foobar")) == "Zm9vYmFy");
  BOOST_TEST(to_base64(as_bytes("")) == "");
  BOOST_TEST(to_base64url(as_bytes("\xfb\xff")) == "-_8");
  BOOST_TEST(to_base64(Bytes(10000, std::byte{0})).size() == 13336U);
  for (const char* const text : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xff\xfb"}) {
    const auto back = from_base64(to_base64(as_bytes(text)));
    BOOST_TEST((back && as_chars(*back) == text), text);
  }
  for (const char* const text : {"Zg", "Zg=", "Zh==", "Z===", "====", "Zg==Zg==", "Zm9=", "Zm-v", "Zm9v\n"}) {
    BOOST_TEST(!from_base64(text), text);
  }
  // Unicode 15, table 3-8
  BOOST_TEST(to_utf8("a\xF1\x80\x80\xE1\x80\xC2"
                     "b\x80"
                     "c\x80\xBF"
                     "d") ==
             "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
             "b\xEF\xBF\xBD"
             "c\xEF\xBF\xBD\xEF\xBF\xBD"
             "d");
  BOOST_TEST(is_utf8("\xf0\x9f\x98\x80"));
  BOOST_TEST(!is_utf8("\xed\xa0\x80"));
  BOOST_TEST(!is_utf8("\xc0\xaf"));
  BOOST_TEST(!is_utf8("\xf4\x90\x80\x80"));
  BOOST_TEST(escape_for_terminal("a\x1b[31m\n\\\xff\xc2\x9b") == "a\\x1b[31m\\n\\\\\\xff\\xc2\\x9b");
  BOOST_TEST(escape_for_terminal("\xc3\xa9") == "\xc3\xa9");
  BOOST_TEST(format_uuid(*from_hex("000102030405060708090a0b0c0d0e0f")) == "00010203-0405-0607-0809-0a0b0c0d0e0f");
  BOOST_TEST(
      (parse_uuid("00010203-0405-0607-0809-0a0b0c0d0e0f") &&
       format_uuid(*parse_uuid("00010203-0405-0607-0809-0A0B0C0D0E0F")) == "00010203-0405-0607-0809-0a0b0c0d0e0f"));
  BOOST_TEST(!parse_uuid("000102030405-0607-0809-0a0b0c0d0e0f"));
  BOOST_TEST(!parse_uuid("00010203-0405-0607-0809-0a0b0c0d0e0"));
}

BOOST_AUTO_TEST_CASE(all_zero_sees_every_byte) {
  Bytes bytes(4096);
  BOOST_TEST(all_zero(bytes));
  BOOST_TEST(all_zero({}));
  for (const std::size_t at : {0U, 1U, 2047U, 4095U}) {
    bytes[at] = std::byte{1};
    BOOST_TEST(!all_zero(bytes));
    bytes[at] = std::byte{0};
  }
}

BOOST_AUTO_TEST_CASE(a_secret_is_moved_and_the_old_one_is_empty) {
  Secret key(as_bytes("0123456789abcdef"));
  const Secret other = std::move(key);
  BOOST_TEST(other.size() == 16U);
  BOOST_TEST(key.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

BOOST_AUTO_TEST_CASE(a_secret_keeps_its_bytes_and_begins_with_zeros) {
  BOOST_TEST(all_zero(Secret(4097).view()));
  Secret key(as_bytes("0123456789abcdef"));
  key = Secret(as_bytes("fedcba9876543210-"));
  BOOST_TEST(as_chars(key.view()) == "fedcba9876543210-");
  key = Secret();
  BOOST_TEST(key.empty());
  BOOST_TEST(Secret(ByteSpan()).view().empty());
}

#if !defined(__SANITIZE_ADDRESS__)
BOOST_AUTO_TEST_CASE(secrets_lie_in_the_secure_heap_until_it_is_full) {
  std::vector<Secret> many;
  const std::size_t size = std::size_t{64} << 10;
  while (many.size() < 64 && (many.empty() || many.back().is_protected())) many.emplace_back(size);
  BOOST_TEST(!many.back().is_protected());  // and yet there
  BOOST_TEST(many.back().size() == size);
  many.clear();
  BOOST_TEST(Secret(64).is_protected());
}
#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread
