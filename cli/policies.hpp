#pragma once

#include <vector>

#include "cli/session.hpp"
#include "core/report/records.hpp"

namespace coldread::cli {

/// The policies in use on a volume, in the order in which a walk comes to them, with how many entries each covers.
[[nodiscard]] std::vector<report::Policy> find_policies(const volume::Volume& volume, const fscrypt::KeyRing& keys);

}  // namespace coldread::cli
