#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/byte_view.hpp"

namespace coldread::ext4 {

/// How a directory hashes its names (Documentation/filesystems/ext4/directory.rst, "Directory Hash"): the numbers of
/// dx_root_info.hash_version, and the three that stand for the same with bytes taken as unsigned.
enum class HashVersion : std::uint8_t {
  kLegacy = 0,
  kHalfMd4 = 1,
  kTea = 2,
  kLegacyUnsigned = 3,
  kHalfMd4Unsigned = 4,
  kTeaUnsigned = 5,
};

/// A hash and a seed. With a seed of zeros, MD4's own is used.
struct HashRule {
  HashVersion version = HashVersion::kHalfMd4;
  std::array<std::uint32_t, 4> seed{};
};

/// The rule for `version` as stored (0 to 2), with bytes unsigned where the superblock says so; nothing for other
/// numbers.
[[nodiscard]] std::optional<HashVersion> hash_version(std::uint8_t version, bool unsigned_bytes);

/// The hash (whose lowest bit is 0) and the minor hash of a name as stored.
[[nodiscard]] std::array<std::uint32_t, 2> dirhash(ByteView name, const HashRule& rule);

}  // namespace coldread::ext4
