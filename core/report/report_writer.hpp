#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/report/records.hpp"

namespace coldread::report {

/// The report as it is written: entry by entry into a temporary file beside the target, renamed when it is whole, so
/// that memory does not grow with the number of entries. Calls come in the order
/// open, (begin_filesystem, add_entry*, end_filesystem)*, finish. Without finish() the temporary file is removed.
class ReportWriter {
 public:
  /// `path` is the report's file, or "-" for standard output (which gets the whole report in finish(), or nothing).
  /// Errors: kOutput.
  [[nodiscard]] static Result<std::unique_ptr<ReportWriter>> open(const std::string& path, const Image& image);
  virtual ~ReportWriter() = default;
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;

  virtual void begin_filesystem(const Filesystem& filesystem) = 0;
  virtual void add_entry(const Entry& entry) = 0;
  /// `problems` are sentences about the filesystem or its extraction as a whole; left out where there are none.
  virtual void end_filesystem(const std::vector<Policy>& policies, const Summary& summary,
                              const std::vector<std::string>& problems) = 0;
  /// How the lists of digests were kept, where there were any; before finish().
  virtual void set_digest_list(const DigestListResult& result) = 0;
  /// Writes the end and puts the report in place. `result` is ok, findings, failed or interrupted. A write that failed
  /// at any time before is told here. Errors: kOutput.
  /// `problems` are sentences about the image as a whole; left out where there are none.
  [[nodiscard]] virtual Result<void> finish(const RunInfo& run, const std::string& result, int exit_code,
                                            const std::vector<std::string>& problems) = 0;

 protected:
  ReportWriter() = default;
};

}  // namespace coldread::report
