#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/verity/hash_algorithm.hpp"

namespace coldread::verity {

/// Bytes of struct fsverity_descriptor without the signature that follows it.
constexpr std::size_t kDescriptorSize = 256;

/// The most that a descriptor with its signature may have (fs/verity/fsverity_private.h,
/// FS_VERITY_MAX_DESCRIPTOR_SIZE).
constexpr std::size_t kMaxDescriptorSize = 16384;

/// Bytes of a Merkle tree block that kernels take (fs/verity/open.c), and of a salt.
constexpr std::uint32_t kMinBlockSize = 1024;
constexpr std::uint32_t kMaxBlockSize = 65536;
constexpr std::size_t kMaxSaltSize = 32;

/// What an fs-verity file says of itself (fsverity.rst, "fs-verity descriptor").
struct Descriptor {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  std::uint32_t block_size = 0;  ///< bytes of a Merkle tree block, and of what each lowest hash covers
  Bytes salt;                    ///< at most 32 bytes
  std::uint64_t data_size = 0;   ///< bytes of the file
  Bytes root_hash;               ///< digest_size(algorithm) bytes; zeros for an empty file
  Bytes signature;               ///< PKCS#7, DER; empty where there is none
  Bytes root_hash_field;         ///< all 64 bytes of it, as stored
  Bytes salt_field;              ///< all 32 bytes of it, as stored
  Findings findings;             ///< fields that no signer leaves so, though the kernel takes them
};

/// Checks a stored descriptor and its signature field by field, as the kernel does (fs/verity/open.c). `file_size` is
/// the inode's, in bytes; `max_block_size` the filesystem's block size. What the kernel ignores and is part of the file
/// digest (the root hash past its digest, the salt past its size), or should be a signature, is a finding where it is
/// in use. Errors: kCorrupt, with all that is wrong.
[[nodiscard]] Result<Descriptor> parse_descriptor(ByteView stored, std::uint64_t file_size,
                                                  std::uint32_t max_block_size);

/// The descriptor as it is stored and as `fsverity digest --out-descriptor` writes it: kDescriptorSize bytes, then the
/// signature where there is one. Salt and root hash are not longer than their fields.
[[nodiscard]] Bytes encode(const Descriptor& descriptor);

/// The file digest: what `fsverity measure` prints and signatures are made over, the hash of the descriptor without
/// signature and with a signature size of zero (fsverity.rst, "fs-verity descriptor"). Errors: kCorrupt (too short, or
/// an unknown algorithm).
[[nodiscard]] Result<Bytes> file_digest(ByteView stored);

}  // namespace coldread::verity
