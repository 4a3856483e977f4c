#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/byte_view.hpp"

namespace coldread::fscrypt {

/// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), 64 bits.
[[nodiscard]] std::uint64_t siphash_2_4(std::span<const std::byte, 16> key, ByteSpan message);

}  // namespace coldread::fscrypt
