#pragma once

#include "core/fscrypt/polyval.hpp"

namespace coldread::fscrypt {

/// Adds whole blocks to `sum`, by multiplications without carry. Only where has_clmul(); elsewhere it does nothing.
void polyval_clmul(const PolyvalKey::Powers& powers, Number& sum, ByteSpan blocks);

}  // namespace coldread::fscrypt
