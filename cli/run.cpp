#include <map>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

namespace coldread::cli {

int run(const std::vector<std::string>& line, Io& io) {
  static const std::map<std::string, int (*)(const Arguments&, Io&)> kCommands{
      {"info", info},       {"ls", ls},           {"stat", stat},     {"cat", cat},
      {"pages", pages},     {"extract", extract}, {"verify", verify}, {"keys", keys},
      {"decrypt", decrypt}, {"digest", digest},   {"report", report},
  };
  const Parsed parsed = parse(line);
  if (!parsed.arguments) {
    (parsed.exit_code == kOk ? io.out : io.err) << parsed.text;
    return parsed.exit_code;
  }
  return kCommands.at(parsed.arguments->command)(*parsed.arguments, io);
}

}  // namespace coldread::cli
