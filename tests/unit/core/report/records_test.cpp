#include "core/report/records.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

namespace coldread::report {
namespace {

Entry entry(const std::string& type, const std::string& status, std::uint64_t size = 0) {
  Entry out;
  out.type = type;
  out.status = status;
  out.size = size;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(counts_types) {
  Summary sum;
  for (const char* type : {"file", "file", "dir", "symlink", "chr", "blk", "fifo", "sock", "unknown"}) {
    sum.add(entry(type, "ok"));
  }
  BOOST_TEST(sum.files == 2);
  BOOST_TEST(sum.directories == 1);
  BOOST_TEST(sum.symlinks == 1);
  BOOST_TEST(sum.other == 5);
  BOOST_TEST(sum.ok == 9);
}

BOOST_AUTO_TEST_CASE(counts_the_bytes_of_files_that_were_read) {
  Summary sum;
  sum.add(entry("file", "ok", 100));
  sum.add(entry("file", "damaged", 10));
  sum.add(entry("file", "locked", 1000));
  sum.add(entry("file", "skipped", 1000));
  sum.add(entry("file", "error", 1000));
  sum.add(entry("dir", "ok", 4096));
  sum.add(entry("symlink", "ok", 5));
  BOOST_TEST(sum.bytes == 110);
  BOOST_TEST(sum.ok == 3);
  BOOST_TEST(sum.damaged == 1);
  BOOST_TEST(sum.locked == 1);
  BOOST_TEST(sum.skipped == 1);
  BOOST_TEST(sum.error == 1);
}

BOOST_AUTO_TEST_CASE(does_not_wrap) {
  Summary sum;
  sum.add(entry("file", "ok", std::numeric_limits<std::uint64_t>::max()));
  sum.add(entry("file", "ok", 2));
  BOOST_TEST(sum.bytes == std::numeric_limits<std::uint64_t>::max());
}

BOOST_AUTO_TEST_CASE(counts_verity_and_pages) {
  Summary sum;
  for (const char* status : {"verified", "verified", "mismatch", "malformed"}) {
    Entry one = entry("file", "ok");
    one.verity.emplace();
    one.verity->status = status;
    one.pages.emplace();
    one.pages->total = 10;
    one.pages->bad_count = 3;
    sum.add(one);
  }
  sum.add(entry("dir", "ok"));
  BOOST_TEST(sum.verified == 2);
  BOOST_TEST(sum.mismatch == 1);
  BOOST_TEST(sum.malformed == 1);
  BOOST_TEST(sum.pages_total == 40);
  BOOST_TEST(sum.pages_bad == 12);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
