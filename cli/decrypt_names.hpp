#pragma once

#include <string>

#include "cli/arguments.hpp"
#include "cli/io.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/report/sidecar.hpp"

namespace coldread::cli {

/// Reads a report back. Errors: kNotFound (it cannot be opened), those of read_sidecar().
[[nodiscard]] Result<report::Sidecar> read_report(const std::string& path, const report::WantedEntry& wanted);

/// Prints each locked entry of the report with its true path, and a symlink's target, as far as the keys go. Returns
/// the exit code. Errors: those of read_report().
[[nodiscard]] Result<int> tell_names(const Arguments& arguments, const fscrypt::KeyRing& keys, Io& io);

}  // namespace coldread::cli
