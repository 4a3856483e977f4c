#pragma once

#include <string>

#include "core/report/records.hpp"

namespace coldread::cli {

/// "-rw-r--r--" and the like, as ls(1) writes it.
[[nodiscard]] std::string mode_text(const report::Entry& entry);

/// An entry as `ls -l` prints it, without its name: type and permissions, links, owner, group, size or device, mtime.
[[nodiscard]] std::string long_line(const report::Entry& entry);

}  // namespace coldread::cli
