#include "core/fscrypt/mode.hpp"

namespace coldread::fscrypt {

ModeSizes mode_sizes(std::uint8_t mode) {
  switch (static_cast<Mode>(mode)) {
    case Mode::kAes256Xts: return {64, 32, 16};
    case Mode::kAes256Cts: return {32, 32, 16};
    case Mode::kAes128CbcEssiv: return {16, 16, 16};
    case Mode::kAes128Cts: return {16, 16, 16};
    case Mode::kSm4Xts: return {32, 16, 16};
    case Mode::kSm4Cts: return {16, 16, 16};
    case Mode::kAdiantum: return {32, 32, 32};
    case Mode::kAes256Hctr2: return {32, 32, 32};
  }
  return {};
}

std::string mode_name(std::uint8_t mode) {
  switch (static_cast<Mode>(mode)) {
    case Mode::kAes256Xts: return "AES-256-XTS";
    case Mode::kAes256Cts: return "AES-256-CTS";
    case Mode::kAes128CbcEssiv: return "AES-128-CBC-ESSIV";
    case Mode::kAes128Cts: return "AES-128-CTS";
    case Mode::kSm4Xts: return "SM4-XTS";
    case Mode::kSm4Cts: return "SM4-CTS";
    case Mode::kAdiantum: return "Adiantum";
    case Mode::kAes256Hctr2: return "AES-256-HCTR2";
  }
  return "mode " + std::to_string(mode);
}

}  // namespace coldread::fscrypt
