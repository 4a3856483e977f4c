#pragma once

#include <istream>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/secret.hpp"

namespace coldread::fscrypt {

/// A raw key and where it came from.
struct NamedSecret {
  std::string origin;  ///< the file's path; "standard input"
  Secret key;
};

/// Reads the keys that `path` stands for: a file's one key; of a directory, each regular file's in it, sorted by name
/// (not those of its subdirectories); of "-", the one on standard input. A key is 16 to 64 raw bytes, or the same in
/// hex, with white space around it allowed. Content that is hex throughout (an even number of digits, 32 to 128) is
/// hex: a raw key of 32 or more bytes that are all hex digits cannot be given raw, only written in hex. Errors:
/// kNotFound (no such file, or it cannot be opened; a directory without files), kUsage (its content is no key, or it
/// cannot be read). No error holds any of a key's content.
[[nodiscard]] Result<std::vector<NamedSecret>> read_keys(const std::string& path, std::istream& standard_input);

/// The key in what was read from `origin`, by the rules above. Errors: kUsage.
[[nodiscard]] Result<Secret> parse_key(ByteSpan content, const std::string& origin);

}  // namespace coldread::fscrypt
