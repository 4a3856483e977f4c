#include <algorithm>
#include <limits>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/one_path.hpp"
#include "core/base/checked.hpp"

namespace coldread::cli {
namespace {

/// Writes [begin, end) of the file; what failed is written as it was read, and told on standard error.
int copy(const read::PageReader& reader, std::uint64_t begin, std::uint64_t end, const std::string& path, Io& io) {
  Bytes buffer(reader.window_size());
  read::Window window;
  int code = kOk;
  for (std::uint64_t at = round_down(begin, reader.window_size()); at < end && !io.interrupt;
       at += reader.window_size()) {
    reader.read(at, buffer, window);
    for (const read::BlockFault& fault : window.faults) {
      if (fault.range.offset >= end || fault.range.offset + fault.range.length <= begin) continue;
      complain(io, path + ": " + std::to_string(fault.range.length) + " bytes at offset " +
                       std::to_string(fault.range.offset) + ": " + std::string(read::to_string(fault.step)) + ": " +
                       fault.reason);
      code = kFindings;
    }
    const std::uint64_t from = std::max(begin, at);
    const std::uint64_t to = std::min({end, window.end(), reader.size()});
    if (from < to) {
      const std::string_view text = as_chars(window.at(from, to - from));
      io.out.write(text.data(), static_cast<std::streamsize>(text.size()));
    }
    if (!io.out) return code;  // its reader has gone: there is nobody to write for
  }
  return io.interrupt ? kInterrupted : code;
}

}  // namespace

int cat(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  auto plan = plan_file(*at);
  if (!plan) {
    complain(io, plan.error().message());
    return exit_code_of(plan.error().kind);
  }
  const std::uint64_t size = plan->reader->size();
  const std::uint64_t begin = arguments.range ? std::min(arguments.range->first, size) : 0;
  const std::uint64_t end = arguments.range ? std::min(arguments.range->first + arguments.range->second, size) : size;
  int code = copy(*plan->reader, begin, end, at->item.path, io);
  if (plan->verity && !plan->verity->descriptor) {
    complain(io, at->item.path + ": fs-verity: " + plan->verity->malformed);
    code = std::max(code, static_cast<int>(kFindings));
  }
  name_unused_keys(at->session, arguments, io);
  return at->exit_code(code);
}

}  // namespace coldread::cli
