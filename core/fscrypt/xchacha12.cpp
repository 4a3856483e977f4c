#include "core/fscrypt/xchacha12.hpp"

#include <cryptopp/algparam.h>
#include <cryptopp/argnames.h>
#include <cryptopp/chacha.h>

#include <algorithm>
#include <exception>

#include "core/base/little_endian.hpp"
#include "core/fscrypt/block.hpp"

namespace coldread::fscrypt {
namespace {

using Words = std::array<Le32, 4>;

/// out = block - added, word by word modulo 2^32.
void subtract(ByteSpan block, const Words& added, MutableByteSpan out) {
  const Words words = *ByteView(block).load<Words>(0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Le32 difference(words[i].get() - added[i].get());
    const ByteSpan bytes = bytes_of(difference);
    std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(4 * i));
  }
}

}  // namespace

/// ChaCha12 from any block on, which its stream interface does not do: that only seeks to bytes below 2^64, and costs
/// as much as the cipher itself where messages are short.
class XChaCha12::ChaCha12 : private CryptoPP::ChaCha_Policy {
 public:
  void set_key(ByteSpan key) { CipherSetKey(parameters_, as_uchars(key), key.size()); }

  void begin(ByteSpan nonce, std::uint64_t block) {
    CipherResynchronize(nullptr, as_uchars(nonce), nonce.size());
    SeekToIteration(block);
  }

  void write_block(MutableByteSpan out) { OperateKeystream(CryptoPP::WRITE_KEYSTREAM, as_uchars(out), nullptr, 1); }

  void add_blocks(MutableByteSpan blocks) {
    OperateKeystream(CryptoPP::XOR_KEYSTREAM, as_uchars(blocks), as_uchars(ByteSpan(blocks)), blocks.size() / kBlock);
  }

 private:
  const CryptoPP::AlgorithmParameters parameters_ = CryptoPP::MakeParameters(CryptoPP::Name::Rounds(), 12, false);
};

XChaCha12::XChaCha12(ByteSpan key) {
  try {
    subkeys_ = std::make_unique<ChaCha12>();
    stream_ = std::make_unique<ChaCha12>();
    subkeys_->set_key(key);
  } catch (const std::exception&) {
    subkeys_.reset();  // nothing is encrypted without it
  }
}

XChaCha12::~XChaCha12() = default;

bool XChaCha12::add_stream(const Nonce& nonce, MutableByteSpan message) {
  if (!subkeys_) return false;
  try {
    const ByteSpan whole_nonce(nonce);
    std::array<std::byte, kBlock> block{};
    std::array<std::byte, kKeySize> subkey{};

    // HChaCha12. Crypto++'s own HChaCha always has 20 rounds, but its ChaCha has 12: a block of that is the wanted
    // permutation's outcome plus its input, of which the words concerned are known.
    static constexpr Words kConstants{Le32(0x61707865), Le32(0x3320646e), Le32(0x79622d32), Le32(0x6b206574)};
    subkeys_->begin(whole_nonce.subspan(8, 8), ByteView(whole_nonce).load<Le64>(0)->get());
    subkeys_->write_block(block);
    subtract(ByteSpan(block).first(16), kConstants, MutableByteSpan(subkey).first(16));
    subtract(ByteSpan(block).last(16), *ByteView(whole_nonce).load<Words>(0), MutableByteSpan(subkey).last(16));
    stream_->set_key(subkey);

    stream_->begin(whole_nonce.last(8), 0);
    const MutableByteSpan rest = message.last(message.size() % kBlock);
    stream_->add_blocks(message.first(message.size() - rest.size()));
    if (!rest.empty()) {
      stream_->write_block(block);
      xor_into(rest, block);
    }
    wipe(block);
    wipe(subkey);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace coldread::fscrypt
