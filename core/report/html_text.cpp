#include "core/report/html_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/text.hpp"
#include "core/report/xml_text.hpp"

namespace coldread::report {
namespace {

/// The character that begins at `at` of well-formed UTF-8, and its length in bytes.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 1;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6U | (byte(at + i) & 0x3fU);
  return {code, length};
}

/// True for what is not seen itself, or changes how other text is seen (Unicode 15, section 23: controls and layout).
bool is_hidden(std::uint32_t c) {
  struct Range {
    std::uint32_t first, last;
  };
  // As in report_page.js.
  static constexpr std::array kHidden{
      Range{0, 0x1f},        Range{0x7f, 0xa0},     Range{0xad, 0xad},      Range{0x34f, 0x34f},
      Range{0x61c, 0x61c},   Range{0x115f, 0x1160}, Range{0x17b4, 0x17b5},  Range{0x180b, 0x180f},
      Range{0x2000, 0x200f}, Range{0x2028, 0x202f}, Range{0x205f, 0x206f},  Range{0x2800, 0x2800},
      Range{0x3000, 0x3000}, Range{0x3164, 0x3164}, Range{0xfe00, 0xfe0f},  Range{0xfeff, 0xfeff},
      Range{0xffa0, 0xffa0}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe01ef}};
  return std::any_of(kHidden.begin(), kHidden.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

std::string number_of(std::uint32_t code) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "U+%04X", code);
  return out.data();
}

}  // namespace

std::string to_html(std::string_view text) {
  const std::string whole = to_utf8(text);
  std::string out;
  out.reserve(whole.size());
  for (std::size_t at = 0; at < whole.size();) {
    const auto [code, length] = character_at(whole, at);
    if (const std::string_view entity = xml_entity(whole[at]); !entity.empty()) {
      out += entity;
    } else if (is_hidden(code)) {
      out += "<span class=\"u\">" + number_of(code) + "</span>";
    } else {
      out.append(whole, at, length);
    }
    at += length;
  }
  return out;
}

std::string to_isolated_html(std::string_view text) { return "<bdi dir=\"ltr\">" + to_html(text) + "</bdi>"; }

std::string to_script_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else {
      out += c;
    }
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

std::string bytes_in_words(std::uint64_t bytes) {
  static constexpr std::array<const char*, 7> kUnits{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  constexpr double kStep = 1024;
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= kStep && unit + 1 < kUnits.size(); ++unit) value /= kStep;
  if (unit == 0) return grouped(bytes) + (bytes == 1 ? " byte" : " bytes");
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f %s", value, kUnits.at(unit));
  return out.data() + (" (" + grouped(bytes) + " bytes)");
}

std::string_view exit_code_in_words(std::uint64_t code) {
  switch (code) {
    case 0: return "all that was asked was read, decrypted and verified";
    case 1: return "finished, with findings: something is damaged, locked, or failed verification";
    case 2: return "the command line is wrong; nothing was read or written";
    case 3: return "the image cannot be read as asked";
    case 4: return "the output cannot be written";
    case 130: return "interrupted; the report holds what was done until then";
    default: return "not an exit code that is known";
  }
}

}  // namespace coldread::report
