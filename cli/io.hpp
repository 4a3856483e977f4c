#pragma once

#include <atomic>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

namespace coldread::cli {

/// What a command is handed to talk through; tests hand it strings.
struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  const std::atomic<bool>& interrupt;
};

/// A name for people: on a terminal all that could steer it is escaped, elsewhere only what would break a line.
[[nodiscard]] std::string shown(std::string_view name, bool terminal);

}  // namespace coldread::cli
