#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace coldread {

/// What kind of failure an Error is; cli/ maps each to one exit code.
enum class ErrorKind {
  kUsage,        ///< the request makes no sense (exit 2)
  kNotFound,     ///< no such file, filesystem, partition or path (exit 3)
  kUnsupported,  ///< a format or feature that is known by name and not read (exit 3)
  kCorrupt,      ///< the evidence contradicts its own format (a finding, or exit 3 when nothing can be read)
  kRead,         ///< the image could not be read (a finding, or exit 3)
  kLocked,       ///< a key is missing (a finding)
  kOutput,       ///< the output could not be written (exit 4)
  kInterrupted,  ///< it was ended from outside before it was done (exit 130)
};

/// An expected failure, as a value. `where` names the place ("inode 12", a path), `what` is one sentence's body.
struct Error {
  ErrorKind kind = ErrorKind::kCorrupt;
  std::string where;
  std::string what;

  /// "where: what", or `what` alone where there is no place.
  [[nodiscard]] std::string message() const { return where.empty() ? what : where + ": " + what; }
};

template <class T>
using Result = tl::expected<T, Error>;

/// Shorthand for returning an Error from a function that returns Result<T>.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string where, std::string what) {
  return tl::unexpected<Error>(Error{kind, std::move(where), std::move(what)});
}

/// Passes an Error on unchanged.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace coldread
