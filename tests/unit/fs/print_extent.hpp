#pragma once

#include <ostream>

#include "core/read/extent.hpp"

namespace coldread::read {

/// How a failed comparison shows an extent.
inline std::ostream& operator<<(std::ostream& out, const Extent& e) {
  return out << to_string(e.kind) << " " << e.file_offset << "+" << e.length << " at " << e.source_offset;
}

}  // namespace coldread::read
