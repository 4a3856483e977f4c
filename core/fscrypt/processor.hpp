#pragma once

namespace coldread::fscrypt {

/// Which of its codes a primitive runs that has more than one; all give the same.
enum class Code {
  kPortable,
  kFastest,  ///< what this processor has instructions for, else the portable one
};

/// Whether this processor multiplies without carry (PCLMULQDQ), works on 256 bits at once (AVX2), and also has AES-NI.
[[nodiscard]] bool has_clmul();
[[nodiscard]] bool has_avx2();
[[nodiscard]] bool has_avx2_aes();

/// To be called after a library's code that leaves the upper halves of AVX's registers in use: all SSE code that the
/// thread runs after it (libcrypto's AES, SHA) would take up to twice as long.
void end_avx();

}  // namespace coldread::fscrypt
