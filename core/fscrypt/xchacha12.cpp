#include "core/fscrypt/xchacha12.hpp"

#include <cryptopp/algparam.h>
#include <cryptopp/argnames.h>
#include <cryptopp/chacha.h>

#include <algorithm>
#include <exception>

#include "core/base/little_endian.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {
namespace {

constexpr int kRounds = 12;
using Words = std::array<Le32, 4>;

/// One block of ChaCha12's key stream, with any block number: its stream interface only seeks to bytes below 2^64.
class OneBlock : private CryptoPP::ChaCha_Policy {
 public:
  void make(ByteSpan key, ByteSpan nonce, std::uint64_t number, MutableByteSpan out) {
    CipherSetKey(CryptoPP::MakeParameters(CryptoPP::Name::Rounds(), kRounds), as_uchars(key), key.size());
    CipherResynchronize(nullptr, as_uchars(nonce), nonce.size());
    SeekToIteration(number);
    OperateKeystream(CryptoPP::WRITE_KEYSTREAM, as_uchars(out), nullptr, 1);
  }
};

/// out = block - added, word by word modulo 2^32.
void subtract(ByteSpan block, const Words& added, MutableByteSpan out) {
  const Words words = *ByteView(block).load<Words>(0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Le32 difference(words[i].get() - added[i].get());
    const ByteSpan bytes = bytes_of(difference);
    std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(4 * i));
  }
}

/// HChaCha12. Crypto++'s own HChaCha always has 20 rounds, but its ChaCha has 12: a block of that is the wanted
/// permutation's outcome plus its input, of which the words concerned are known.
Secret hchacha12(ByteSpan key, ByteSpan nonce) {
  static constexpr Words kConstants{Le32(0x61707865), Le32(0x3320646e), Le32(0x79622d32), Le32(0x6b206574)};
  Secret block(64);
  OneBlock().make(key, nonce.subspan(8, 8), ByteView(nonce).load<Le64>(0)->get(), block.writable());
  Secret subkey(32);
  subtract(block.view().first(16), kConstants, subkey.writable().first(16));
  subtract(block.view().last(16), *ByteView(nonce).load<Words>(0), subkey.writable().last(16));
  return subkey;
}

}  // namespace

bool xchacha12(ByteSpan key, const std::array<std::byte, 24>& nonce, MutableByteSpan message) {
  try {
    const ByteSpan whole(nonce);
    const Secret subkey = hchacha12(key, whole.first(16));
    const CryptoPP::ConstByteArrayParameter iv(as_uchars(whole.subspan(16)), 8, false);
    CryptoPP::ChaCha::Encryption cipher;
    cipher.SetKey(as_uchars(subkey.view()), subkey.size(),
                  CryptoPP::MakeParameters(CryptoPP::Name::Rounds(), kRounds)(CryptoPP::Name::IV(), iv));
    cipher.ProcessData(as_uchars(message), as_uchars(ByteSpan(message)), message.size());
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace coldread::fscrypt
