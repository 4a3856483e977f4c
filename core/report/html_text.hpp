#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coldread::report {

/// Text made safe for HTML, between tags and in quoted attributes alike. Characters that would be invisible or steer
/// what is shown (controls, bidirectional overrides, zero-width spaces) appear as their number: <span
/// class="u">U+202E</span>. So it is not for attributes where they may occur. Ill-formed UTF-8 becomes U+FFFD.
[[nodiscard]] std::string to_html(std::string_view text);

/// The same for text whose direction of writing must not touch what stands around it.
[[nodiscard]] std::string to_isolated_html(std::string_view text);

/// JSON made safe for a <script> element: what HTML gives a meaning is written as \u00XX, which within JSON can only be
/// in strings.
[[nodiscard]] std::string to_script_json(std::string_view json);

/// A number with its digits in groups of three.
[[nodiscard]] std::string grouped(std::uint64_t number);

/// A number of bytes for people: "4.0 KiB (4096 bytes)".
[[nodiscard]] std::string bytes_in_words(std::uint64_t bytes);

/// What the program's exit code means, as a sentence's body.
[[nodiscard]] std::string_view exit_code_in_words(std::uint64_t code);

}  // namespace coldread::report
