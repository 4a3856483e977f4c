#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

namespace coldread::fscrypt {

/// What fscrypt(8) keeps below /.fscrypt of a filesystem, by its metadata/metadata.proto: of each protector and of each
/// policy a file that is named for its descriptor, one protobuf message each.

/// More than any such file has: fscrypt(8) refuses longer ones.
constexpr std::size_t kMaxMetadataSize = 16384;

/// A key of the tool's own, encrypted by another (AES-256-CTR, then HMAC-SHA256): the sizes are checked.
struct WrappedKey {
  Bytes iv;             ///< 16 bytes
  Bytes encrypted_key;  ///< 32 bytes of a protector, 64 of a policy
  Bytes hmac;           ///< 32 bytes, over both
};

/// How much work it is to hash a passphrase with Argon2id.
struct HashingCosts {
  std::uint32_t passes = 0;
  std::uint32_t memory = 0;  ///< KiB
  std::uint32_t lanes = 0;   ///< 1 to 255
};

/// What a protector is opened by.
enum class ProtectorSource : std::uint8_t { kLogin = 1, kPassphrase = 2, kRawKey = 3 };

struct Protector {
  std::string descriptor;  ///< 16 hex digits: SHA-512(SHA-512(its key)) begins so
  ProtectorSource source = ProtectorSource::kPassphrase;
  std::string name;      ///< raw bytes; a login protector has none
  std::int64_t uid = 0;  ///< whose login passphrase
  HashingCosts costs;    ///< but of a raw key
  Bytes salt;            ///< 16 bytes; none of a raw key
  WrappedKey wrapped;    ///< its key

  /// "custom passphrase", "login passphrase of uid 1000", "raw key".
  [[nodiscard]] std::string source_text() const;
};

/// A policy's key as one protector keeps it.
struct ProtectedPolicyKey {
  std::string protector;  ///< its descriptor
  WrappedKey wrapped;
};

struct ProtectedPolicy {
  int version = 1;
  std::string key;  ///< how policies name it: 16 hex digits (v1) or 32 (v2)
  std::vector<ProtectedPolicyKey> keys;
};

/// Where a protector is that lies on another filesystem: what a file DESCRIPTOR.link says.
struct ProtectorLink {
  std::string uuid;        ///< of the filesystem, as it is written there; may be empty
  std::string mountpoint;  ///< likewise; one of them is there
};

/// Reads a protector's message and checks what fscrypt(8) itself demands of it. Errors: kCorrupt.
[[nodiscard]] Result<Protector> parse_protector(ByteView message);

/// The same of a policy. Errors: kCorrupt.
[[nodiscard]] Result<ProtectedPolicy> parse_protected_policy(ByteView message);

/// Reads a link: lines of TOKEN=VALUE, of which UUID and PATH count. Errors: kCorrupt.
[[nodiscard]] Result<ProtectorLink> parse_protector_link(std::string_view text);

}  // namespace coldread::fscrypt
