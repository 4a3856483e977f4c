#include "core/fscrypt/hctr2.hpp"

#include <algorithm>
#include <utility>

#include "core/fscrypt/block.hpp"
#include "core/fscrypt/cipher_pool.hpp"
#include "core/fscrypt/polyval.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kBlock = 16;

/// What comes of the key: the hash's key, and a block that is added to XCTR's IV.
struct Keys {
  explicit Keys(ByteSpan derived) : hash(derived.first(kBlock)), added(derived.subspan(kBlock)) {}
  PolyvalKey hash;
  Secret added;
};

class OneThread final : public Decryptor {
 public:
  OneThread(const Keys& keys, const CipherPool& encrypting, const CipherPool& decrypting)
      : keys_(keys), encrypting_(encrypting), decrypting_(decrypting) {}

  [[nodiscard]] bool decrypt(const Iv& tweak, MutableByteSpan message) override {
    if (message.size() < kBlock) return false;
    const MutableByteSpan first = message.first(kBlock);
    const MutableByteSpan rest = message.subspan(kBlock);
    const Polyval begun = hash_tweak(tweak, rest.size());
    xor_into(first, hash(begun, rest));
    Block stream_iv{};
    xor_into(stream_iv, keys_.added.view());
    xor_into(stream_iv, first);
    if (!decrypting_.run({}, first)) return false;
    xor_into(stream_iv, first);
    if (!xctr(stream_iv, rest)) return false;
    xor_into(first, hash(begun, rest));
    return true;
  }

 private:
  /// What both hashes of a message begin with.
  [[nodiscard]] Polyval hash_tweak(const Iv& tweak, std::size_t rest) const {
    const bool cut = rest % kBlock != 0;
    Polyval polyval(keys_.hash);
    polyval.add(block_of({2 * std::uint64_t{tweak.size()} * 8 + 2 + (cut ? 1 : 0), 0}));
    polyval.add(tweak);
    return polyval;
  }

  [[nodiscard]] static Block hash(Polyval polyval, ByteSpan rest) {
    const std::size_t whole = rest.size() - rest.size() % kBlock;
    polyval.add(rest.first(whole));
    if (whole != rest.size()) {
      Block last{};
      std::copy(rest.begin() + static_cast<std::ptrdiff_t>(whole), rest.end(), last.begin());
      last[rest.size() - whole] = std::byte{1};
      polyval.add(last);
    }
    return polyval.value();
  }

  /// Adds the key stream of XCTR: the IV with the numbers from 1 on, each encrypted.
  [[nodiscard]] bool xctr(const Block& iv, MutableByteSpan message) {
    const Number start = number_of(iv);
    for (std::uint64_t number = 1; !message.empty();) {
      const std::size_t size = std::min(message.size(), kPiece);
      const std::size_t blocks = (size + kBlock - 1) / kBlock;
      for (std::size_t i = 0; i < blocks; ++i) stream_[i] = block_of({start.low ^ number++, start.high});
      if (!encrypting_.run({}, std::as_writable_bytes(std::span(stream_).first(blocks)))) return false;
      xor_into(message.first(size), std::as_bytes(std::span(stream_)));
      message = message.subspan(size);
    }
    return true;
  }

  static constexpr std::size_t kPiece = 4096;  ///< what stays in the processor's nearest cache

  const Keys& keys_;
  CipherPool::Loan encrypting_;
  CipherPool::Loan decrypting_;
  std::array<Block, kPiece / kBlock> stream_{};
};

class Hctr2 final : public ModeCipher {
 public:
  Hctr2(ByteSpan derived, std::shared_ptr<const CipherPool> encrypting, std::shared_ptr<const CipherPool> decrypting)
      : keys_(derived), encrypting_(std::move(encrypting)), decrypting_(std::move(decrypting)) {}

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
  Secret derived(2 * kBlock);  // the encrypted numbers 0 and 1
  derived.writable()[kBlock] = std::byte{1};
  if (!CipherPool::Loan(**encrypting).run({}, derived.writable())) {
    return fail(ErrorKind::kUnsupported, "", "libcrypto could not derive HCTR2's keys");
  }
  return std::make_shared<const Hctr2>(derived.view(), std::move(*encrypting), std::move(*decrypting));
}

}  // namespace coldread::fscrypt
