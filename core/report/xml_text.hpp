#pragma once

#include <string>
#include <string_view>

namespace coldread::report {

/// The entity that stands for a character of markup in text or attributes; empty for any other.
[[nodiscard]] std::string_view xml_entity(char c);

/// Any bytes as text of an XML (or HTML) element or attribute: control bytes, ill-formed UTF-8 and backslashes as
/// escape_for_terminal() has them, what XML forbids (U+FFFE, U+FFFF) as U+FFFD, and markup as entities.
[[nodiscard]] std::string xml_text(std::string_view bytes);

/// The same of text that is well-formed UTF-8 without control bytes: only what XML forbids, and markup.
[[nodiscard]] std::string xml_markup(std::string_view text);

}  // namespace coldread::report
