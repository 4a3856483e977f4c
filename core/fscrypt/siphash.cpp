#include "core/fscrypt/siphash.hpp"

#include <cryptopp/siphash.h>

#include <array>

#include "core/base/little_endian.hpp"

namespace coldread::fscrypt {

std::uint64_t siphash_2_4(std::span<const std::byte, 16> key, ByteSpan message) {
  CryptoPP::SipHash<2, 4, false> mac(as_uchars(ByteSpan(key)), key.size());
  std::array<std::byte, sizeof(Le64)> digest{};
  mac.Update(as_uchars(message), message.size());
  mac.Final(as_uchars(MutableByteSpan(digest)));
  return ByteView(ByteSpan(digest)).load<Le64>(0)->get();
}

}  // namespace coldread::fscrypt
