#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace coldread::fscrypt {

/// What of a file, besides its context, goes into keys and IVs where the policy has IV_INO_LBLK_64 or IV_INO_LBLK_32.
struct FileIdentity {
  std::array<std::byte, 16> uuid{};  ///< of the filesystem
  std::uint64_t inode = 0;           ///< its number
};

}  // namespace coldread::fscrypt
