#pragma once

#include <cstdint>
#include <string>

#include "core/report/records.hpp"

namespace coldread::cli {

/// "-rw-r--r--" and the like, as ls(1) writes it.
[[nodiscard]] std::string mode_text(const report::Entry& entry);

/// An entry as `ls -l` prints it, without its name: type and permissions, links, owner, group, size or device, mtime.
[[nodiscard]] std::string long_line(const report::Entry& entry);

/// "1 file", "2 files".
[[nodiscard]] std::string counted(std::uint64_t n, const char* one, const char* many);

}  // namespace coldread::cli
