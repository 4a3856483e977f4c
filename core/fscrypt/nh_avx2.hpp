#pragma once

#include "core/fscrypt/nh.hpp"

namespace coldread::fscrypt {

/// Adds whole units to `sums`, two passes at once; `key` is that of the first of them, (kPasses - 1) * kUnit bytes
/// longer than they are. Only where has_avx2(); elsewhere it does nothing.
void nh_avx2(const std::uint32_t* key, ByteSpan units, Nh::Sums& sums);

}  // namespace coldread::fscrypt
