#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coldread::verity {

/// Hash algorithms by the kernel's numbers (include/uapi/linux/fsverity.h, FS_VERITY_HASH_ALG_*).
enum class HashAlgorithm : std::uint8_t { kSha256 = 1, kSha512 = 2 };

/// The longest digest of them, in bytes.
constexpr std::size_t kMaxDigestSize = 64;

/// "sha256" or "sha512", as fsverity(1) writes them.
[[nodiscard]] constexpr std::string_view algorithm_name(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha512 ? "sha512" : "sha256";
}

/// Bytes of a digest.
[[nodiscard]] constexpr std::uint32_t digest_size(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha512 ? 64 : 32;
}

/// Bytes that the compression function takes at once: what a salt is padded to (fsverity.rst, "Merkle tree").
[[nodiscard]] constexpr std::size_t compression_block_size(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha512 ? 128 : 64;
}

}  // namespace coldread::verity
