#pragma once

#include <cstdint>
#include <string>

#include "core/report/records.hpp"

namespace coldread::report {

/// RFC 3339 in UTC with nine digits of fraction, "2026-01-02T03:04:05.123456789Z", for every 64-bit number of seconds:
/// the Gregorian calendar is carried on in both directions, and a year outside of 0000 to 9999 has a sign and at least
/// four digits ("+10000-…", "-0001-…", as ISO 8601 expands years). Nanoseconds above 999,999,999 count as that.
[[nodiscard]] std::string rfc3339(Time time);

/// The same without a fraction: "2026-01-02T03:04:05Z".
[[nodiscard]] std::string rfc3339_seconds(std::int64_t seconds);

}  // namespace coldread::report
