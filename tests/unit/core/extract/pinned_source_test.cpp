#include "core/extract/pinned_source.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/sparse_source.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace

BOOST_AUTO_TEST_SUITE(pinned_source)

namespace {

constexpr std::uint64_t kMiB = 1 << 20;
const std::atomic<bool> kGoesOn{false};

}  // namespace

BOOST_AUTO_TEST_CASE(gives_what_it_hashed) {
  const auto under = std::make_shared<test::SparseSource>(3 * kMiB + 5);
  under->put(kMiB - 2, Bytes(4, std::byte{7}));
  const auto pinned = extract::PinnedSource::make(under, kGoesOn);
  BOOST_REQUIRE(pinned);
  BOOST_TEST((*pinned)->size() == 3 * kMiB + 5);
  Bytes out(6, std::byte{1});
  BOOST_TEST((*pinned)->read_at(kMiB - 3, out).empty());
  BOOST_CHECK((out == Bytes{std::byte{0}, std::byte{7}, std::byte{7}, std::byte{7}, std::byte{7}, std::byte{0}}));
  const auto past = (*pinned)->read_at(3 * kMiB + 3, out);
  BOOST_REQUIRE(past.size() == 1u);
  BOOST_TEST(past[0].range.offset == 3 * kMiB + 5);
  BOOST_TEST(past[0].range.length == 4u);
}

BOOST_AUTO_TEST_CASE(hashes_all_of_it) {
  const auto empty = extract::PinnedSource::make(std::make_shared<test::SparseSource>(0), kGoesOn);
  BOOST_REQUIRE(empty);
  BOOST_TEST((*empty)->sha256() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const auto abc = std::make_shared<test::SparseSource>(3);
  abc->put(0, as_bytes("abc"));
  BOOST_TEST((*extract::PinnedSource::make(abc, kGoesOn))->sha256() ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(what_changed_since_is_a_fault) {
  const auto under = std::make_shared<test::SparseSource>(8 * kMiB);
  const auto pinned = extract::PinnedSource::make(under, kGoesOn);
  BOOST_REQUIRE(pinned);
  under->put(2 * kMiB + 100, Bytes(1, std::byte{7}));
  Bytes out(2 * kMiB, std::byte{1});
  const auto faults = (*pinned)->read_at(kMiB + 10, out);
  BOOST_REQUIRE(faults.size() == 1u);
  BOOST_TEST(faults[0].range.offset == 2 * kMiB);
  BOOST_TEST(faults[0].range.length == kMiB);
  BOOST_TEST(faults[0].reason == "it was changed while it was read");
  BOOST_TEST(all_zero(out));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_no_hash_and_later_a_fault) {
  const auto under = std::make_shared<test::SparseSource>(2 * kMiB);
  const auto pinned = extract::PinnedSource::make(under, kGoesOn);
  under->spoil(4096, 4096);
  BOOST_TEST(!extract::PinnedSource::make(under, kGoesOn).has_value());
  Bytes out(12288);
  const auto faults = (*pinned)->read_at(0, out);
  BOOST_REQUIRE(faults.size() == 1u);
  BOOST_TEST(faults[0].range.offset == 4096u);
  BOOST_TEST(faults[0].range.length == 4096u);
}

BOOST_AUTO_TEST_SUITE_END()
