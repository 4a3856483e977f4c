#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/byte_view.hpp"

namespace coldread {

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteSpan bytes);

/// The bytes that hexadecimal text (either case, even length) stands for, or nothing.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// Base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string to_base64(ByteSpan bytes);

/// The bytes that base64 with padding stands for, or nothing.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

/// Base64url without padding (RFC 4648, section 5), as fscrypt's no-key names use it.
[[nodiscard]] std::string to_base64url(ByteSpan bytes);

/// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// The text with each maximal ill-formed part replaced by U+FFFD (Unicode 15, section 3.9, table 3-8).
[[nodiscard]] std::string to_utf8(std::string_view bytes);

/// The text made safe for a terminal: control bytes, DEL, C1 controls, ill-formed bytes and backslashes as \n, \t,
/// \xNN, \\.
[[nodiscard]] std::string escape_for_terminal(std::string_view bytes);

/// The 16 bytes of a UUID in that form, or nothing.
[[nodiscard]] std::optional<std::array<std::byte, 16>> parse_uuid(std::string_view text);

/// A UUID's 16 bytes in the usual form of 36 characters.
[[nodiscard]] std::string format_uuid(ByteSpan uuid);

}  // namespace coldread
