#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/fscrypt/mode.hpp"

namespace coldread::fscrypt {

/// FSCRYPT_POLICY_FLAG_*; the two lowest bits are the padding of names.
constexpr std::uint8_t kFlagDirectKey = 0x04;
constexpr std::uint8_t kFlagIvInoLblk64 = 0x08;
constexpr std::uint8_t kFlagIvInoLblk32 = 0x10;

/// What of an inode is encrypted: a regular file's contents; a directory's names or a symlink's target.
enum class Use : std::uint8_t { kContents, kNames };

/// How a directory tree is encrypted (fscrypt.rst, "Setting an encryption policy").
struct Policy {
  int version = 2;
  std::uint8_t contents_mode = 0;
  std::uint8_t filenames_mode = 0;
  std::uint8_t flags = 0;            ///< FSCRYPT_POLICY_FLAG_*, the padding in the two lowest bits
  std::uint32_t data_unit_size = 0;  ///< bytes: 512 up to the filesystem's block size
  Bytes master_key;                  ///< which key: its identifier, 16 bytes (v2), or descriptor, 8 bytes (v1)

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  [[nodiscard]] std::uint8_t mode(Use use) const { return use == Use::kContents ? contents_mode : filenames_mode; }
  /// Names are padded to a multiple of this many bytes: 4, 8, 16 or 32.
  [[nodiscard]] unsigned padding() const { return 4u << (flags & 3u); }
  /// The flags but the padding, as the kernel names them: DIRECT_KEY, IV_INO_LBLK_64, IV_INO_LBLK_32. An unknown one is
  /// its value ("0x20").
  [[nodiscard]] std::vector<std::string> flag_names() const;

  friend auto operator<=>(const Policy&, const Policy&) = default;
};

/// What an encrypted inode stores: its policy and its own random bytes.
struct Context {
  Policy policy;
  std::array<std::byte, 16> nonce{};
};

/// Reads a stored context: struct fscrypt_context_v1 (28 bytes) or _v2 (40 bytes), as fscrypt.rst, "Encryption
/// context", lays them out. `block_size` is the filesystem's, in bytes: the data unit where a context names none.
/// Errors: kCorrupt (its size is not that of its version; a data unit outside of 512 bytes to the block size),
/// kUnsupported (an unknown version, reserved bytes in use, or IV_INO_LBLK_32 with data units smaller than a block).
[[nodiscard]] Result<Context> parse_context(ByteView stored, std::uint32_t block_size);

/// What of this policy cannot be decrypted, by name (ErrorKind::kUnsupported), or nothing where all of it can. What no
/// kernel takes as a policy (fs/crypto/policy.c: pairs of modes, flags that contradict each other or the modes) is
/// refused as well.
[[nodiscard]] std::optional<Error> unsupported(const Policy& policy);

/// Why a master key of `size` bytes opens no inode under this policy (ErrorKind::kLocked), or nothing where it is long
/// enough: as long as the key that the mode takes (v1), or as its security strength (v2), as the kernel demands it.
[[nodiscard]] std::optional<Error> key_too_short(const Policy& policy, Use use, std::size_t size);

}  // namespace coldread::fscrypt
