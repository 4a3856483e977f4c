#pragma once

#include "cli/arguments.hpp"
#include "cli/io.hpp"

namespace coldread::cli {

/// The commands, one a file. Each returns the program's exit code; what went wrong is on io.err in one sentence.
[[nodiscard]] int info(const Arguments& arguments, Io& io);
[[nodiscard]] int ls(const Arguments& arguments, Io& io);
[[nodiscard]] int stat(const Arguments& arguments, Io& io);
[[nodiscard]] int cat(const Arguments& arguments, Io& io);
[[nodiscard]] int pages(const Arguments& arguments, Io& io);
[[nodiscard]] int extract(const Arguments& arguments, Io& io);
[[nodiscard]] int verify(const Arguments& arguments, Io& io);
/// `verify --dump`.
[[nodiscard]] int verity_dump(const Arguments& arguments, Io& io);
[[nodiscard]] int keys(const Arguments& arguments, Io& io);
[[nodiscard]] int decrypt(const Arguments& arguments, Io& io);
[[nodiscard]] int digest(const Arguments& arguments, Io& io);
[[nodiscard]] int report(const Arguments& arguments, Io& io);

/// The whole program but for the process around it: understands the line (without the program's name) and runs it.
[[nodiscard]] int run(const std::vector<std::string>& line, Io& io);

}  // namespace coldread::cli
