#include "core/fscrypt/processor.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace coldread::fscrypt {

#if defined(__x86_64__)
namespace {

[[gnu::target("avx")]] void zero_upper_halves() { _mm256_zeroupper(); }

}  // namespace

bool has_clmul() { return __builtin_cpu_supports("pclmul") != 0; }
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }
bool has_avx2_aes() { return has_avx2() && __builtin_cpu_supports("aes") != 0; }
void end_avx() {
  if (__builtin_cpu_supports("avx") != 0) zero_upper_halves();
}
#else
bool has_clmul() { return false; }
bool has_avx2() { return false; }
bool has_avx2_aes() { return false; }
void end_avx() {}
#endif

}  // namespace coldread::fscrypt
