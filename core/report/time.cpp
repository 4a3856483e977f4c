#include "core/report/time.hpp"

#include <algorithm>
#include <string_view>

namespace coldread::report {
namespace {

constexpr std::int64_t kDay = 86400;

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

/// The date that lies `days` after 1970-01-01. The cycle of 400 years is taken to begin on a 1 March, so that leap days
/// are the last of their year. |days| is at most 2^63 / kDay, so nothing here overflows.
Date date_of(std::int64_t days) {
  constexpr std::int64_t kCycle = 146097;  // days in 400 years
  days += 719468;                          // from 0000-03-01 to 1970-01-01
  const std::int64_t cycle = (days >= 0 ? days : days - (kCycle - 1)) / kCycle;
  const std::int64_t in_cycle = days - cycle * kCycle;
  const std::int64_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / (kCycle - 1)) / 365;
  const std::int64_t in_year = in_cycle - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * in_year + 2) / 153;  // 0 is March
  const std::int64_t day = in_year - (153 * month + 2) / 5 + 1;
  const std::int64_t civil_month = month < 10 ? month + 3 : month - 9;
  return {year + cycle * 400 + (civil_month <= 2 ? 1 : 0), civil_month, day};
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string date_and_time(std::int64_t seconds) {
  std::int64_t days = seconds / kDay;
  std::int64_t rest = seconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const Date date = date_of(days);
  std::string out;
  if (date.year < 0) out += '-';
  if (date.year > 9999) out += '+';
  out += padded(date.year < 0 ? -date.year : date.year, 4);
  out += '-' + padded(date.month, 2) + '-' + padded(date.day, 2) + 'T';
  out += padded(rest / 3600, 2) + ':' + padded(rest / 60 % 60, 2) + ':' + padded(rest % 60, 2);
  return out;
}

}  // namespace

std::string rfc3339(Time time) {
  return date_and_time(time.seconds) + '.' + padded(std::min(time.nanoseconds, 999'999'999U), 9) + 'Z';
}

std::string rfc3339_seconds(std::int64_t seconds) { return date_and_time(seconds) + 'Z'; }

}  // namespace coldread::report
