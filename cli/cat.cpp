#include <algorithm>

#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/exit_code.hpp"
#include "cli/one_path.hpp"

namespace coldread::cli {

int cat(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  auto plan = plan_file(*at, &io.interrupt);
  if (!plan) {
    complain(io, plan.error().message());
    return exit_code_of(plan.error().kind);
  }
  const std::uint64_t size = plan->reader->size();
  const std::uint64_t begin = arguments.range ? std::min(arguments.range->first, size) : 0;
  const std::uint64_t end = arguments.range ? std::min(arguments.range->first + arguments.range->second, size) : size;
  const auto write = [&](std::string_view text) {
    io.out.write(text.data(), static_cast<std::streamsize>(text.size()));
    return static_cast<bool>(io.out);  // false: its reader has gone, and there is nobody to write for
  };
  int code = copy(*plan->reader, begin, end, at->item.path, write, io);
  code = std::max(code, tell_verity(*plan, at->item.path, io));
  name_unused_keys(at->session, arguments, io);
  return at->exit_code(code);
}

}  // namespace coldread::cli
