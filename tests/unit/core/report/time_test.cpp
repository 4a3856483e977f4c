#include "core/report/time.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

namespace coldread::report {

BOOST_AUTO_TEST_SUITE(report_time)

BOOST_AUTO_TEST_CASE(has_nine_digits) {
  BOOST_TEST(rfc3339({0, 0}) == "1970-01-01T00:00:00.000000000Z");
  BOOST_TEST(rfc3339({1767323045, 123456789}) == "2026-01-02T03:04:05.123456789Z");
  BOOST_TEST(rfc3339({1767323045, 1}) == "2026-01-02T03:04:05.000000001Z");
  BOOST_TEST(rfc3339_seconds(1767323045) == "2026-01-02T03:04:05Z");
}

BOOST_AUTO_TEST_CASE(goes_before_1970) {
  BOOST_TEST(rfc3339({-1, 500000000}) == "1969-12-31T23:59:59.500000000Z");
  BOOST_TEST(rfc3339({-2147483648LL, 0}) == "1901-12-13T20:45:52.000000000Z");
  BOOST_TEST(rfc3339({-62167219200LL, 0}) == "0000-01-01T00:00:00.000000000Z");
  BOOST_TEST(rfc3339({-62167219201LL, 0}) == "-0001-12-31T23:59:59.000000000Z");
}

// The ends of ext4's range: 34 bits of seconds, the lowest of them signed.
BOOST_AUTO_TEST_CASE(goes_past_2038) {
  BOOST_TEST(rfc3339({2147483648LL, 0}) == "2038-01-19T03:14:08.000000000Z");
  BOOST_TEST(rfc3339({15032385535LL, 0}) == "2446-05-10T22:38:55.000000000Z");
  BOOST_TEST(rfc3339({253402300799LL, 999999999}) == "9999-12-31T23:59:59.999999999Z");
  BOOST_TEST(rfc3339({253402300800LL, 0}) == "+10000-01-01T00:00:00.000000000Z");
}

BOOST_AUTO_TEST_CASE(knows_leap_years) {
  BOOST_TEST(rfc3339_seconds(951782400) == "2000-02-29T00:00:00Z");
  BOOST_TEST(rfc3339_seconds(951868800) == "2000-03-01T00:00:00Z");
  BOOST_TEST(rfc3339_seconds(1709164800) == "2024-02-29T00:00:00Z");
  BOOST_TEST(rfc3339_seconds(4107456000) == "2100-02-28T00:00:00Z");
  BOOST_TEST(rfc3339_seconds(4107542400) == "2100-03-01T00:00:00Z");
  BOOST_TEST(rfc3339_seconds(1735603200) == "2024-12-31T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(takes_every_64_bit_number) {
  BOOST_TEST(rfc3339_seconds(std::numeric_limits<std::int64_t>::max()) == "+292277026596-12-04T15:30:07Z");
  BOOST_TEST(rfc3339_seconds(std::numeric_limits<std::int64_t>::min()) == "-292277022657-01-27T08:29:52Z");
}

BOOST_AUTO_TEST_CASE(never_has_ten_digits) {
  BOOST_TEST(rfc3339({0, std::numeric_limits<std::uint32_t>::max()}) == "1970-01-01T00:00:00.999999999Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
