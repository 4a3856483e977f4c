// Times every mode of fscrypt on one core: bytes decrypted a second, in data units of 4096 and 512 bytes and in names
// of 16 and 255 bytes (where the mode takes them). usage: bench_ciphers [MIB [RUNS [MODE]]]: the buffer's size (64),
// how often it is decrypted (5, the fastest counts), and a part of the names of the modes that are wanted (all).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/fscrypt/mode.hpp"
#include "core/fscrypt/mode_cipher.hpp"

using namespace coldread;  // NOLINT(google-build-using-namespace): a program of this namespace

namespace {

/// Seconds that one pass over `buffer` takes, or nothing where the mode takes no messages of that size.
double seconds(fscrypt::Decryptor& decryptor, MutableByteSpan buffer, std::size_t unit) {
  fscrypt::Iv iv{};
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at + unit <= buffer.size(); at += unit) {
    iv[0] ^= static_cast<std::byte>(at / unit);
    if (!decryptor.decrypt(iv, buffer.subspan(at, unit))) return 0;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void print_rate(fscrypt::Decryptor& decryptor, MutableByteSpan buffer, std::size_t unit, int runs) {
  double best = seconds(decryptor, buffer, unit);
  for (int run = 1; run < runs; ++run) best = std::min(best, seconds(decryptor, buffer, unit));
  if (best > 0) {
    const std::size_t bytes = buffer.size() - buffer.size() % unit;
    std::printf(" %8.3f", static_cast<double>(bytes) / best / 1e9);
  } else {
    std::printf(" %8s", "-");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t mib = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 64;
  const int runs = argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : 5;
  const std::string wanted = argc > 3 ? argv[3] : "";
  Bytes buffer(std::max<std::size_t>(mib, 1) << 20);
  std::printf("%-20s %8s %8s %8s %8s  GB/s\n", "", "4096", "512", "255", "16");
  bool all = true;
  for (std::uint8_t mode = 1; mode <= 10; ++mode) {
    const std::size_t key_size = fscrypt::mode_sizes(mode).key;
    const std::string name = fscrypt::mode_name(mode);
    if (key_size == 0 || name.find(wanted) == std::string::npos) continue;
    Bytes key(key_size);
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i + 1);
    const auto cipher = fscrypt::make_mode_cipher(static_cast<fscrypt::Mode>(mode), Secret(key));
    std::printf("%-20s", name.c_str());
    if (cipher) {
      const auto decryptor = (*cipher)->decryptor();
      for (const std::size_t unit : {4096U, 512U, 255U, 16U}) print_rate(*decryptor, buffer, unit, runs);
      std::printf("\n");
    } else {
      std::printf(" %s\n", cipher.error().what.c_str());
      all = false;
    }
    std::fflush(stdout);
  }
  return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
