#include "core/base/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace coldread {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text`; 0 where it is ill-formed, with the length of the
/// maximal ill-formed part in `bad`.
std::size_t utf8_sequence(std::string_view text, std::size_t& bad) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  bad = 1;
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || at(i) < low || at(i) > high) {
      bad = i;
      return 0;
    }
    low = 0x80;
    high = 0xbf;
  }
  return length;
}

/// True for a character that changes the order in which others are shown: U+061C, U+200E and U+200F, U+202A to U+202E,
/// U+2066 to U+2069.
bool is_direction(std::string_view c) {
  if (c == "\xd8\x9c") return true;
  if (c.size() != 3 || c[0] != '\xe2') return false;
  const auto last = static_cast<std::uint8_t>(c[2]);
  if (c[1] == '\x80') return last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae);
  return c[1] == '\x81' && last >= 0xa6 && last <= 0xa9;
}

void append_hex_escape(std::string& out, char c) {
  out += "\\x";
  out += to_hex(as_bytes(std::string_view(&c, 1)));
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::uint32_t> base64_digit(char c) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = kDigits.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

}  // namespace

std::string to_hex(ByteSpan bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out += kDigits[static_cast<std::uint8_t>(b) >> 4];
    out += kDigits[static_cast<std::uint8_t>(b) & 15];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<std::byte>((*high << 4) | *low));
  }
  return out;
}

std::string to_base64(ByteSpan bytes) {
  // EVP_EncodeBlock takes an int and writes a final NUL; whole groups of three bytes can be encoded piece by piece.
  constexpr std::size_t kPiece = 3 << 10;
  std::array<unsigned char, kPiece / 3 * 4 + 1> piece{};
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const ByteSpan part = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    const int n = EVP_EncodeBlock(piece.data(), as_uchars(part), static_cast<int>(part.size()));
    out.append(piece.begin(), piece.begin() + n);
  }
  return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.size() - std::min(text.find('='), text.size());
  if (padding > 2) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit =
        i < text.size() - padding ? base64_digit(text[i]) : (text[i] == '=' ? std::optional(0U) : std::nullopt);
    if (!digit) return std::nullopt;
    bits = (bits << 6) | *digit;
    if (i % 4 != 3) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<std::byte>(bits >> shift));
    bits = 0;
  }
  // Bits of the last digit that stand for no byte are zeros, so that no two texts stand for the same bytes.
  for (std::size_t i = 0; i < padding; ++i) {
    if (out.back() != std::byte{0}) return std::nullopt;
    out.pop_back();
  }
  return out;
}

std::string to_base64url(ByteSpan bytes) {
  std::string out = to_base64(bytes);
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return out;
}

bool is_utf8(std::string_view bytes) {
  std::size_t bad = 0;
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes, bad);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view bytes) {
  std::string out;
  std::size_t bad = 0;
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes, bad);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      bytes.remove_prefix(bad);
    } else {
      out.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  return out;
}

std::string escape_for_terminal(std::string_view bytes) {
  std::string out;
  std::size_t bad = 0;
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence(bytes, bad);
    const char c = bytes.front();
    const bool c1 = length == 2 && static_cast<std::uint8_t>(c) == 0xc2 && static_cast<std::uint8_t>(bytes[1]) < 0xa0;
    if (c == '\\') {
      out += "\\\\";
      bytes.remove_prefix(1);
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : (c == '\t' ? "\\t" : "\\r");
      bytes.remove_prefix(1);
    } else if (length == 0 || c1 || is_direction(bytes.substr(0, length)) || static_cast<std::uint8_t>(c) < 0x20 ||
               c == 0x7f) {
      const std::size_t count = length == 0 ? 1 : length;
      for (std::size_t i = 0; i < count; ++i) append_hex_escape(out, bytes[i]);
      bytes.remove_prefix(count);
    } else {
      out.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  return out;
}

std::optional<std::array<std::byte, 16>> parse_uuid(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits += text[i];
  }
  const auto bytes = from_hex(digits);
  std::array<std::byte, 16> uuid{};
  if (!bytes || bytes->size() != uuid.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), uuid.begin());
  return uuid;
}

std::string format_uuid(ByteSpan uuid) {
  std::string out = to_hex(uuid);
  if (uuid.size() != 16) return out;
  for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, 1, '-');
  return out;
}

}  // namespace coldread
