#pragma once

#include "core/base/error.hpp"

namespace coldread::cli {

/// What the program ends with; `--help` of every command lists them.
enum ExitCode : int {
  kOk = 0,          ///< all that was asked was read, decrypted and verified
  kFindings = 1,    ///< finished, with findings
  kUsage = 2,       ///< the command line is wrong; nothing was read or written
  kUnreadable = 3,  ///< the image cannot be read as asked
  kOutput = 4,      ///< the output cannot be written
  kInterrupted = 130
};

/// The exit code of a request that failed as a whole.
[[nodiscard]] constexpr ExitCode exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage: return kUsage;
    case ErrorKind::kOutput: return kOutput;
    case ErrorKind::kLocked: return kFindings;
    case ErrorKind::kInterrupted: return kInterrupted;
    case ErrorKind::kNotFound:
    case ErrorKind::kUnsupported:
    case ErrorKind::kCorrupt:
    case ErrorKind::kRead: return kUnreadable;
  }
  return kUnreadable;
}

}  // namespace coldread::cli
