#include "core/fscrypt/hw_kdf.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace coldread::fscrypt {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): strings with NULs in them

constexpr std::size_t kBlock = 16;

/// A purpose, padded to a multiple of eight bytes of which the last four are the hardware's policy for the key.
struct Fixed {
  std::string_view label;
  std::string_view context;
};

constexpr std::string_view kLabel = "\0\0\x40\0\0\0\0\0\0\0\x20"sv;
constexpr std::string_view kZeros = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;

Fixed sw_secret_input(HwKdf kdf) {
  if (kdf == HwKdf::kRearranged) return {kZeros, "derive raw secret context abcdef"sv};
  return {kLabel, "raw secret\0\0\0\0\0\0\0\0\0\x02\x17\0\x80\x50\0\0\0\0"sv};
}

Fixed inline_key_input(HwKdf kdf) {
  switch (kdf) {
    case HwKdf::kV1: return {kLabel, "inline encryption key\0\0\0\0\0\0\x02\x43\0\x82\x50\0\0\0\0"sv};
    case HwKdf::kLegacy: return {kLabel, "inline encryption key\0\0\0\0\0\0\x01\x43\0\x82\x18\0\0\0\0"sv};
    case HwKdf::kRearranged: break;
  }
  return {kZeros, "inline encryption storagekey ctx\0\0\0\0\0\x10\x70\x18\x72\0\0\0\0"sv};
}

void append(Bytes& bytes, std::string_view text) {
  const ByteSpan more = as_bytes(text);
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void append_big_endian(Bytes& bytes, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
}

/// The same bytes, the blocks of 16 in reverse order: counted from the end, so that the short one is the first part.
Bytes rearranged(ByteSpan input) {
  Bytes out;
  for (std::size_t end = input.size(); end != 0;) {
    const std::size_t length = std::min(end, kBlock);
    const ByteSpan block = input.subspan(end - length, length);
    out.insert(out.end(), block.begin(), block.end());
    end -= length;
  }
  return out;
}

Result<Secret> derive(ByteSpan raw, HwKdf kdf, const Fixed& fixed, std::size_t length) {
  if (raw.size() != kHwKeySize) {
    return fail(ErrorKind::kUsage, "",
                "the raw key behind a hardware-wrapped one has 32 bytes, not " + std::to_string(raw.size()));
  }
  Secret derived(length);
  for (std::size_t at = 0; at < length; at += kBlock) {
    Bytes input;
    append_big_endian(input, static_cast<std::uint32_t>(at / kBlock + 1));
    append(input, fixed.label);
    input.push_back(std::byte{0});
    append(input, fixed.context);
    append_big_endian(input, static_cast<std::uint32_t>(length * 8));
    if (kdf == HwKdf::kRearranged) input = rearranged(input);
    const MutableByteSpan out = derived.writable().subspan(at, kBlock);
    std::size_t written = 0;
    if (EVP_Q_mac(nullptr, "CMAC", nullptr, "AES-256-CBC", nullptr, as_uchars(raw), raw.size(),
                  as_uchars(ByteSpan(input)), input.size(), as_uchars(out), out.size(), &written) == nullptr ||
        written != kBlock) {
      return fail(ErrorKind::kUnsupported, "", "libcrypto on this machine has no AES-256-CMAC");
    }
  }
  return derived;
}

}  // namespace

Result<Secret> derive_sw_secret(ByteSpan raw, HwKdf kdf) {
  return derive(raw, kdf, sw_secret_input(kdf), kSwSecretSize);
}

Result<Secret> derive_inline_key(ByteSpan raw, HwKdf kdf) {
  return derive(raw, kdf, inline_key_input(kdf), kInlineKeySize);
}

}  // namespace coldread::fscrypt
