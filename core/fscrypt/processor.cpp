#include "core/fscrypt/processor.hpp"

namespace coldread::fscrypt {

#if defined(__x86_64__)
bool has_clmul() { return __builtin_cpu_supports("pclmul") != 0; }
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }
bool has_avx2_aes() { return has_avx2() && __builtin_cpu_supports("aes") != 0; }
#else
bool has_clmul() { return false; }
bool has_avx2() { return false; }
bool has_avx2_aes() { return false; }
#endif

}  // namespace coldread::fscrypt
