#pragma once

#include <istream>
#include <string>

#include "core/base/error.hpp"
#include "core/fscrypt/key_files.hpp"

namespace coldread::fscrypt {

/// Reads the passphrase in a file, or on standard input where `path` is "-": all of it but one final newline. Errors:
/// kUsage (it cannot be read; it is empty, or longer than 4096 bytes). No error holds any of it.
[[nodiscard]] Result<NamedSecret> read_passphrase(const std::string& path, std::istream& standard_input);

}  // namespace coldread::fscrypt
