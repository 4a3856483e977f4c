#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/extract/options.hpp"
#include "core/extract/sink.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/report/records.hpp"

namespace coldread::extract {

/// What came of one filesystem.
struct Outcome {
  report::Summary summary;
  std::vector<report::Policy> policies;
  /// Findings that belong to no one entry: what the output could not carry.
  std::vector<std::string> problems;
  bool findings = false;              ///< something is damaged, locked, or failed verification
  bool interrupted = false;           ///< `interrupt` was raised; the entries handed out are whole
  std::optional<Error> output_error;  ///< the output could not be written on; the entries handed out are whole
};

/// Reads what is selected of a volume and writes it to `sink` (null: nothing is written). Each entry's record is handed
/// to `on_entry` when it is whole, in the order of the walk, on the calling thread; an error that it returns ends the
/// run as an output error. The order, the records and what is written do not depend on the number of jobs. Raising
/// `interrupt` ends the run early.
[[nodiscard]] Outcome extract(const volume::Volume& volume, const fscrypt::KeyRing& keys, PathSelection& selection,
                              const ExtractOptions& options, Sink* sink, Progress& progress,
                              const std::atomic<bool>& interrupt,
                              const std::function<Result<void>(const report::Entry&)>& on_entry);

}  // namespace coldread::extract
