#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <sstream>

#include "core/base/little_endian.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/nh.hpp"
#include "core/fscrypt/poly1305.hpp"
#include "core/fscrypt/polyval.hpp"
#include "core/fscrypt/sm4_avx2.hpp"
#include "core/fscrypt/sm4_xts.hpp"
#include "core/fscrypt/xchacha12.hpp"
#include "tests/unit/core/fscrypt/vectors.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a test of this namespace
using fscrypt::Code;
using fscrypt::vectors::hex;

BOOST_AUTO_TEST_SUITE(fscrypt_primitives)

namespace {

struct Vector {
  std::string name;
  Bytes key;
  Bytes message;
  Bytes result;
};

std::vector<Vector> vectors(std::string_view name) {
  std::vector<Vector> all;
  for (const std::string& line : fscrypt::vectors::lines("primitives.txt")) {
    std::istringstream words(line);
    std::string its_name;
    std::string key;
    std::string message;
    std::string result;
    words >> its_name >> key >> message >> result;
    if (its_name == name) all.push_back({its_name, hex(key), hex(message), hex(result)});
  }
  return all;
}

std::string polyval(ByteSpan key, ByteSpan message, Code code) {
  const fscrypt::PolyvalKey polyval_key(key);
  fscrypt::Polyval polyval(polyval_key, code);
  polyval.add(message);
  return to_hex(polyval.value());
}

std::string poly1305(ByteSpan key, ByteSpan message) {
  auto poly1305 = fscrypt::Poly1305::make().value();
  fscrypt::Poly1305::Digest digest{};
  BOOST_REQUIRE((poly1305.begin(key) && poly1305.add(message) && poly1305.end(digest)));
  return to_hex(digest);
}

/// The message's pieces of 1024 bytes hashed by NH, those hashes one after another.
Bytes nh(ByteSpan key, ByteSpan message, Code code) {
  const fscrypt::Nh nh(key, code);
  Bytes hashes;
  while (!message.empty()) {
    const ByteSpan piece = message.first(std::min(message.size(), fscrypt::Nh::kMaxMessage));
    const auto hash = nh.hash(piece);
    hashes.insert(hashes.end(), hash.begin(), hash.end());
    message = message.subspan(piece.size());
  }
  return hashes;
}

Bytes xchacha12(ByteSpan key, ByteSpan nonce, ByteSpan plain) {
  fscrypt::XChaCha12::Nonce nonce_array{};
  std::copy(nonce.begin(), nonce.end(), nonce_array.begin());
  Bytes bytes(plain.begin(), plain.end());
  BOOST_REQUIRE(fscrypt::XChaCha12(key).add_stream(nonce_array, bytes));
  return bytes;
}

class Random {
 public:
  Bytes bytes(std::size_t size) {
    Bytes all(size);
    for (std::byte& byte : all) byte = static_cast<std::byte>(engine_());
    return all;
  }
  std::size_t below(std::size_t end) { return engine_() % end; }

 private:
  std::mt19937 engine_{8452};  // NOLINT(cert-msc51-cpp): the same each time
};

}  // namespace

BOOST_AUTO_TEST_CASE(nh_of_its_authors) {
  const auto all = vectors("NH");
  BOOST_TEST(all.size() == 6U);
  for (const Vector& vector : all) {
    for (const Code code : {Code::kPortable, Code::kFastest}) {
      BOOST_TEST(to_hex(nh(vector.key, vector.message, code)) == to_hex(vector.result));
    }
  }
}

BOOST_AUTO_TEST_CASE(nh_then_poly1305_of_their_authors) {
  const auto all = vectors("NHPoly1305");
  BOOST_TEST(all.size() == 3U);
  for (const Vector& vector : all) {
    const ByteSpan key(vector.key);
    for (const Code code : {Code::kPortable, Code::kFastest}) {
      const Bytes hashes = nh(key.subspan(16), vector.message, code);
      BOOST_TEST(poly1305(key.first(16), hashes) == to_hex(vector.result));
    }
  }
}

BOOST_AUTO_TEST_CASE(poly1305_of_rfc_8439) {
  const auto all = vectors("Poly1305");
  BOOST_TEST(all.size() == 7U);
  for (const Vector& vector : all) BOOST_TEST(poly1305(vector.key, vector.message) == to_hex(vector.result));
}

BOOST_AUTO_TEST_CASE(polyval_of_rfc_8452_and_of_hctr2) {
  const auto all = vectors("POLYVAL");
  BOOST_TEST(all.size() == 34U);
  for (const Vector& vector : all) {
    for (const Code code : {Code::kPortable, Code::kFastest}) {
      BOOST_TEST(polyval(vector.key, vector.message, code) == to_hex(vector.result));
    }
  }
}

BOOST_AUTO_TEST_CASE(xchacha12_of_linux) {
  const auto all = vectors("XChaCha12");
  BOOST_TEST(all.size() == 7U);
  for (const Vector& vector : all) {
    const ByteSpan message(vector.message);
    Bytes plain(64 * static_cast<std::size_t>(*ByteView(message).load<Le64>(24)));  // the blocks before the first
    plain.insert(plain.end(), message.begin() + 32, message.end());
    const Bytes bytes = xchacha12(vector.key, message.first(24), plain);
    BOOST_TEST(to_hex(ByteSpan(bytes).last(vector.result.size())) == to_hex(vector.result));
  }
}

// One nonce after another, whatever length came before; a message's start is that of a longer one's.
BOOST_AUTO_TEST_CASE(xchacha12_begins_anew_with_each_message) {
  Random random;
  const Bytes key = random.bytes(32);
  fscrypt::XChaCha12 cipher(key);
  for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 511U, 512U, 513U, 4080U, 4096U, 5000U}) {
    const Bytes nonce_bytes = random.bytes(24);
    fscrypt::XChaCha12::Nonce nonce{};
    std::copy(nonce_bytes.begin(), nonce_bytes.end(), nonce.begin());
    const Bytes longer = xchacha12(key, nonce, Bytes(8192));
    Bytes bytes(size + 3);
    BOOST_REQUIRE(cipher.add_stream(nonce, MutableByteSpan(bytes).subspan(1, size)));
    BOOST_TEST((std::equal(bytes.begin() + 1, bytes.end() - 2, longer.begin())));
    BOOST_TEST((bytes.front() == std::byte{0} && bytes.back() == std::byte{0}));
  }
}

BOOST_AUTO_TEST_CASE(sm4_of_its_standard) {
  const auto all = vectors("SM4");
  BOOST_TEST(all.size() == 4U);
  for (const Vector& vector : all) {
    const auto pool = fscrypt::CipherPool::make("SM4-ECB", vector.key, nullptr).value();
    Bytes bytes = vector.result;
    BOOST_TEST(fscrypt::CipherPool::Loan(*pool).run({}, bytes));
    BOOST_TEST(to_hex(bytes) == to_hex(vector.message));
    if (!fscrypt::has_avx2_aes()) continue;
    Bytes again = vector.result;
    fscrypt::Sm4Avx2(vector.key).decrypt(again);
    BOOST_TEST(to_hex(again) == to_hex(vector.message));
  }
}

BOOST_AUTO_TEST_CASE(sm4_of_the_processor_is_that_of_libcrypto) {
  Random random;
  for (std::size_t blocks = 1; blocks < 120; ++blocks) {
    const Secret key(random.bytes(32));
    const Bytes tweak = random.bytes(32);
    fscrypt::Iv iv{};
    std::copy(tweak.begin(), tweak.end(), iv.begin());
    Bytes portable = random.bytes(16 * blocks + 16);
    Bytes fastest = portable;
    const std::size_t at = random.below(16);
    const auto decrypt = [&](Bytes& bytes, Code code) {
      return fscrypt::make_sm4_xts(key, code).value()->decryptor()->decrypt(
          iv, MutableByteSpan(bytes).subspan(at, 16 * blocks));
    };
    BOOST_REQUIRE((decrypt(portable, Code::kPortable) && decrypt(fastest, Code::kFastest)));
    BOOST_TEST((portable == fastest), blocks << " blocks");
  }
}

BOOST_AUTO_TEST_CASE(the_processors_code_is_the_portable_one) {
  BOOST_TEST_MESSAGE("PCLMULQDQ: " << fscrypt::has_clmul() << ", AVX2: " << fscrypt::has_avx2()
                                   << ", AES-NI: " << fscrypt::has_avx2_aes());
  Random random;
  for (int time = 0; time < 300; ++time) {
    const Bytes bytes = random.bytes(5064);
    const Bytes polyval_key = random.bytes(16);
    const Bytes nh_key = random.bytes(fscrypt::Nh::kKeySize);
    const std::size_t size = time < 150 ? static_cast<std::size_t>(time) : random.below(5001);
    const ByteSpan message = ByteSpan(bytes).subspan(random.below(64), size);
    const ByteSpan whole = message.first(size - size % 16);
    BOOST_TEST(polyval(polyval_key, whole, Code::kFastest) == polyval(polyval_key, whole, Code::kPortable));
    BOOST_TEST((nh(nh_key, message, Code::kFastest) == nh(nh_key, message, Code::kPortable)));
  }
}

BOOST_AUTO_TEST_CASE(ones_carry_as_they_should) {
  for (const std::byte fill : {std::byte{0xff}, std::byte{0x80}, std::byte{0x01}}) {
    const Bytes message(4096, fill);
    const Bytes polyval_key(16, fill);
    const Bytes nh_key(fscrypt::Nh::kKeySize, fill);
    BOOST_TEST(polyval(polyval_key, message, Code::kFastest) == polyval(polyval_key, message, Code::kPortable));
    BOOST_TEST((nh(nh_key, message, Code::kFastest) == nh(nh_key, message, Code::kPortable)));
  }
}

// A hash goes on from a copy of another, wherever that is cut.
BOOST_AUTO_TEST_CASE(polyval_in_pieces) {
  Random random;
  const Bytes bytes = random.bytes(4096);
  const fscrypt::PolyvalKey key(random.bytes(16));
  for (const Code code : {Code::kPortable, Code::kFastest}) {
    fscrypt::Polyval whole(key, code);
    whole.add(bytes);
    for (const std::size_t at : {0U, 16U, 112U, 128U, 144U, 4080U, 4096U}) {
      fscrypt::Polyval first(key, code);
      first.add(ByteSpan(bytes).first(at));
      fscrypt::Polyval second = first;
      second.add(ByteSpan(bytes).subspan(at));
      BOOST_TEST(to_hex(second.value()) == to_hex(whole.value()));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
