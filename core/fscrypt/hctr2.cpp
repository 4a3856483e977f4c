#include "core/fscrypt/hctr2.hpp"

#include <algorithm>
#include <utility>

#include "core/base/little_endian.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/polyval.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = 16;
using Block = std::array<std::byte, kBlock>;

void xor_into(MutableByteSpan out, ByteSpan in) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= in[i];
}

Block block_of(std::uint64_t number) {
  const std::array<Le64, 2> halves{Le64(number), Le64(0)};
  const ByteSpan bytes = bytes_of(halves);
  Block block{};
  std::copy(bytes.begin(), bytes.end(), block.begin());
  return block;
}

/// What comes of the key: the hash's key, and a block that is added to XCTR's IV.
struct Keys {
  Block hash{};
  Block added = block_of(1);

  Keys() = default;
  Keys(const Keys&) = default;
  Keys& operator=(const Keys&) = delete;
  ~Keys() {
    wipe(hash);
    wipe(added);
  }
};

class OneThread final : public Decryptor {
 public:
  OneThread(const Keys& keys, const CipherPool& encrypting, const CipherPool& decrypting)
      : keys_(keys), encrypting_(encrypting), decrypting_(decrypting) {}

  [[nodiscard]] bool decrypt(const Iv& tweak, MutableByteSpan message) override {
    if (message.size() < kBlock) return false;
    const MutableByteSpan first = message.first(kBlock);
    const MutableByteSpan rest = message.subspan(kBlock);
    xor_into(first, hash(tweak, rest));
    Block stream_iv = keys_.added;
    xor_into(stream_iv, first);
    if (!decrypting_.run({}, first)) return false;
    xor_into(stream_iv, first);
    if (!xctr(stream_iv, rest)) return false;
    xor_into(first, hash(tweak, rest));
    return true;
  }

 private:
  [[nodiscard]] Block hash(const Iv& tweak, ByteSpan rest) const {
    const bool cut = rest.size() % kBlock != 0;
    Polyval polyval(keys_.hash);
    polyval.add(block_of(2 * std::uint64_t{tweak.size()} * 8 + 2 + (cut ? 1 : 0)));
    polyval.add(tweak);
    const std::size_t whole = rest.size() - rest.size() % kBlock;
    polyval.add(rest.first(whole));
    if (cut) {
      Block last{};
      std::copy(rest.begin() + static_cast<std::ptrdiff_t>(whole), rest.end(), last.begin());
      last[rest.size() - whole] = std::byte{1};
      polyval.add(last);
    }
    return polyval.value();
  }

  /// Adds the key stream of XCTR: the IV with the numbers from 1 on, each encrypted.
  [[nodiscard]] bool xctr(const Block& iv, MutableByteSpan message) const {
    for (std::uint64_t number = 1; !message.empty(); ++number) {
      Block stream = block_of(number);
      xor_into(stream, iv);
      if (!encrypting_.run({}, stream)) return false;
      const std::size_t size = std::min(message.size(), kBlock);
      xor_into(message.first(size), stream);
      message = message.subspan(size);
    }
    return true;
  }

  const Keys& keys_;
  CipherPool::Loan encrypting_;
  CipherPool::Loan decrypting_;
};

class Hctr2 final : public ModeCipher {
 public:
  Hctr2(const Keys& keys, std::shared_ptr<const CipherPool> encrypting, std::shared_ptr<const CipherPool> decrypting)
      : keys_(keys), encrypting_(std::move(encrypting)), decrypting_(std::move(decrypting)) {}

  [[nodiscard]] std::unique_ptr<Decryptor> decryptor() const override {
    return std::make_unique<OneThread>(keys_, *encrypting_, *decrypting_);
  }

 private:
  Keys keys_;
  std::shared_ptr<const CipherPool> encrypting_;
  std::shared_ptr<const CipherPool> decrypting_;
};

}  // namespace

Result<std::shared_ptr<const ModeCipher>> make_hctr2(const Secret& key) {
  auto encrypting = CipherPool::make("AES-256-ECB", key.view(), nullptr, CipherPool::Direction::kEncrypt);
  if (!encrypting) return fail(std::move(encrypting.error()));
  auto decrypting = CipherPool::make("AES-256-ECB", key.view(), nullptr);
  if (!decrypting) return fail(std::move(decrypting.error()));
  Keys keys;
  {
    const CipherPool::Loan aes(**encrypting);
    if (!aes.run({}, keys.hash) || !aes.run({}, keys.added)) {
      return fail(ErrorKind::kUnsupported, "", "libcrypto could not derive HCTR2's keys");
    }
  }
  return std::make_shared<const Hctr2>(keys, std::move(*encrypting), std::move(*decrypting));
}

}  // namespace coldread::fscrypt
