#include "cli/copy.hpp"

#include <algorithm>

#include "cli/exit_code.hpp"
#include "cli/session.hpp"
#include "core/base/checked.hpp"

namespace coldread::cli {

int copy(const read::PageReader& reader, std::uint64_t begin, std::uint64_t end, const std::string& path,
         const std::function<bool(std::string_view)>& write, Io& io) {
  Bytes buffer(reader.window_size());
  read::Window window;
  int code = kOk;
  for (std::uint64_t at = round_down(begin, reader.window_size()); at < end && !io.interrupt;
       at += reader.window_size()) {
    reader.read(at, buffer, window);
    if (io.interrupt) break;  // what took long in it was given up
    for (const read::BlockFault& fault : window.faults) {
      if (fault.range.offset >= end || fault.range.offset + fault.range.length <= begin) continue;
      complain(io, path + ": " + std::to_string(fault.range.length) + " bytes at offset " +
                       std::to_string(fault.range.offset) + ": " + std::string(read::to_string(fault.step)) + ": " +
                       fault.reason);
      code = kFindings;
    }
    for (const read::BlockFault& refused : window.refused) {
      if (refused.range.offset >= end || refused.range.offset + refused.range.length <= begin) continue;
      complain(io, path + ": " + std::to_string(refused.range.length) + " bytes at offset " +
                       std::to_string(refused.range.offset) +
                       ": proven, though a kernel refuses them: " + refused.reason);
      code = kFindings;
    }
    const std::uint64_t from = std::max(begin, at);
    const std::uint64_t to = std::min({end, window.end(), reader.size()});
    if (from < to) {
      if (!write(as_chars(window.at(from, to - from)))) return code;
    }
  }
  return io.interrupt ? kInterrupted : code;
}

int tell_verity(const extract::ContentPlan& plan, const std::string& path, Io& io) {
  if (!plan.verity || plan.verity->descriptor) return kOk;
  complain(io, path + ": fs-verity: " + plan.verity->malformed);
  return kFindings;
}

}  // namespace coldread::cli
