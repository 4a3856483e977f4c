#include "core/fscrypt/poly1305.hpp"

#include <algorithm>
#include <utility>

#include "core/base/secret.hpp"
#include "core/fscrypt/processor.hpp"

namespace coldread::fscrypt {
namespace {

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};

}  // namespace

Result<Poly1305> Poly1305::make() {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
  std::unique_ptr<EVP_MAC_CTX, Free> context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  if (!context) return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine has no POLY1305");
  return Poly1305(std::move(context));
}

bool Poly1305::begin(ByteSpan key) {
  std::array<std::byte, 32> whole{};  // the second half is what would be added at the end
  if (key.size() != kKeySize) return false;
  std::copy(key.begin(), key.end(), whole.begin());
  const bool done = EVP_MAC_init(context_.get(), as_uchars(ByteSpan(whole)), whole.size(), nullptr) == 1;
  wipe(whole);
  return done;
}

bool Poly1305::add(ByteSpan bytes) { return EVP_MAC_update(context_.get(), as_uchars(bytes), bytes.size()) == 1; }

bool Poly1305::end(Digest& digest) {
  std::size_t written = 0;
  const bool done = EVP_MAC_final(context_.get(), as_uchars(MutableByteSpan(digest)), &written, digest.size()) == 1 &&
                    written == digest.size();
  end_avx();  // libcrypto's update leaves AVX in use
  return done;
}

}  // namespace coldread::fscrypt
