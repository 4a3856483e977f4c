#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

namespace coldread::fscrypt {

/// Encryption modes by the kernel's numbers (include/uapi/linux/fscrypt.h, FSCRYPT_MODE_*).
enum class Mode : std::uint8_t {
  kAes256Xts = 1,
  kAes256Cts = 4,
  kAes128CbcEssiv = 5,
  kAes128Cts = 6,
  kSm4Xts = 7,
  kSm4Cts = 8,
  kAdiantum = 9,
  kAes256Hctr2 = 10,
};

/// A mode's name as the kernel's documentation writes it ("AES-256-XTS", "AES-128-CBC-ESSIV"); "mode 42" for others.
[[nodiscard]] std::string mode_name(std::uint8_t mode);

/// How a directory tree is encrypted (fscrypt.rst, "Setting an encryption policy").
struct Policy {
  int version = 2;
  std::uint8_t contents_mode = 0;
  std::uint8_t filenames_mode = 0;
  std::uint8_t flags = 0;            ///< FSCRYPT_POLICY_FLAG_*, the padding in the two lowest bits
  std::uint32_t data_unit_size = 0;  ///< bytes: 512 up to the filesystem's block size
  Bytes master_key;                  ///< which key: its identifier, 16 bytes (v2), or descriptor, 8 bytes (v1)

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
/// kUnsupported (an unknown version, or reserved bytes in use).
[[nodiscard]] Result<Context> parse_context(ByteView stored, std::uint32_t block_size);

/// What of this policy cannot be decrypted, by name (ErrorKind::kUnsupported), or nothing where all of it can.
[[nodiscard]] std::optional<Error> unsupported(const Policy& policy);

}  // namespace coldread::fscrypt
