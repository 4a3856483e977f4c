#include "core/report/xml_text.hpp"

#include "core/base/text.hpp"

namespace coldread::report {

std::string_view xml_entity(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return "";
  }
}

std::string xml_text(std::string_view bytes) { return xml_markup(escape_for_terminal(bytes)); }

std::string xml_markup(std::string_view text) {
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {  // XML 1.0, 2.2: no Char
      out += "\xEF\xBF\xBD";
      rest.remove_prefix(3);
      continue;
    }
    const std::string_view entity = xml_entity(rest.front());
    out += entity.empty() ? rest.substr(0, 1) : entity;
    rest.remove_prefix(1);
  }
  return out;
}

}  // namespace coldread::report
