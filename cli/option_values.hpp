#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/arguments.hpp"
#include "core/base/error.hpp"

namespace coldread::cli {

/// The values of options: each function understands the text of one and puts it into the arguments. Errors: kUsage, by
/// the option's name.

/// A number of bytes in decimal digits, for the option `name`.
[[nodiscard]] Result<std::uint64_t> parse_number(const std::string& text, const std::string& name);

[[nodiscard]] Result<void> set_hashes(Arguments& a, const std::string& list);
[[nodiscard]] Result<void> set_preserve(Arguments& a, const std::string& list);
[[nodiscard]] Result<void> set_damaged(Arguments& a, const std::string& how);
[[nodiscard]] Result<void> set_range(Arguments& a, const std::string& text);
[[nodiscard]] Result<void> add_v1_key(Arguments& a, const std::string& text);
[[nodiscard]] Result<void> add_passphrase_salt(Arguments& a, const std::string& text);
[[nodiscard]] Result<void> set_page_size(Arguments& a, const std::string& text);
[[nodiscard]] Result<void> set_hash_algorithm(Arguments& a, const std::string& name);
[[nodiscard]] Result<void> set_verity_block_size(Arguments& a, const std::string& text);
[[nodiscard]] Result<void> set_salt(Arguments& a, const std::string& hex);

/// How many options read standard input.
[[nodiscard]] std::size_t reads_of_standard_input(const Arguments& a);

}  // namespace coldread::cli
