#include "cli/io.hpp"

#include "core/base/text.hpp"

namespace coldread::cli {

std::string shown(std::string_view name, bool terminal) {
  if (terminal || name.find_first_of("\n\r") != std::string_view::npos) return escape_for_terminal(name);
  return std::string(name);
}

}  // namespace coldread::cli
