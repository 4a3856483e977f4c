#include "core/report/records.hpp"

#include <limits>

#include "core/base/checked.hpp"

namespace coldread::report {
namespace {

/// Sizes come from the image: a sum that a hostile one drives past 64 bits stays at their end.
void add_saturating(std::uint64_t& sum, std::uint64_t value) {
  sum = checked_add(sum, value).value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

void Summary::add(const Entry& entry) {
  if (entry.recovered) {
    ++recovered;
    return;
  }
  if (entry.type == "file") {
    ++files;
    if (entry.status == "ok" || entry.status == "damaged") add_saturating(bytes, entry.size);
  } else if (entry.type == "dir") {
    ++directories;
  } else if (entry.type == "symlink") {
    ++symlinks;
  } else {
    ++other;
  }

  if (entry.status == "ok") ++ok;
  if (entry.status == "damaged") ++damaged;
  if (entry.status == "locked") ++locked;
  if (entry.status == "skipped") ++skipped;
  if (entry.status == "error") ++error;

  if (entry.verity) {
    if (entry.verity->status == "verified") ++verified;
    if (entry.verity->status == "mismatch") ++mismatch;
    if (entry.verity->status == "malformed") ++malformed;
  }
  if (entry.pages) {
    add_saturating(pages_total, entry.pages->total);
    add_saturating(pages_bad, entry.pages->bad_count);
  }
}

}  // namespace coldread::report
