#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/io.hpp"
#include "cli/session.hpp"
#include "core/extract/extraction.hpp"
#include "core/extract/list_check.hpp"
#include "core/report/report_writer.hpp"
#include "core/verity/digest_list.hpp"
#include "core/verity/signature.hpp"

namespace coldread::cli {

/// What extract and verify share: each filesystem of the image in turn, the report, the exit code.
class FilesystemRun {
 public:
  /// Loads the digest lists and certificates. Errors: kUsage, kNotFound as kUsage (nothing was read yet).
  [[nodiscard]] static Result<std::unique_ptr<FilesystemRun>> make(const Arguments& arguments, Io& io,
                                                                   Session& session);

  /// Holds the command line's PATHs against the filesystems, before anything is written. Errors: kNotFound.
  [[nodiscard]] Result<void> check_paths();

  using SinkOf = std::function<Result<extract::Sink*>(const fs::Found&)>;
  using OnEntry = std::function<void(const fs::Found&, const report::Entry&)>;

  /// Runs over all filesystems and writes the report to `report_path` ("" for none). `sink_of` gives the sink of a
  /// filesystem (null for none). `on_entry` sees each entry after the report has it. Returns the exit code.
  [[nodiscard]] int go(const std::string& report_path, bool only_verity, const SinkOf& sink_of,
                       const OnEntry& on_entry);

  [[nodiscard]] const report::Summary& total() const { return total_; }
  /// How the lists of digests were kept, after go(); null where none was given.
  [[nodiscard]] const report::DigestListResult* list_result() const { return list_ ? &list_->result() : nullptr; }

 private:
  FilesystemRun(const Arguments& arguments, Io& io, Session& session)
      : arguments_(arguments), io_(io), session_(session) {}

  [[nodiscard]] Result<void> one(const fs::Found& found, bool only_verity, const SinkOf& sink_of,
                                 const OnEntry& on_entry);
  [[nodiscard]] report::Image describe_image();
  [[nodiscard]] extract::ListScope scope() const;
  void end_list(bool ended_early);
  /// What was asked for of it; found once.
  [[nodiscard]] const Lost& lost_of(const fs::Found& found);

  const Arguments& arguments_;
  Io& io_;
  Session& session_;
  std::optional<verity::TrustStore> trust_;
  std::optional<verity::DigestList> digests_;
  std::optional<extract::ListCheck> list_;
  std::map<const fs::Found*, Lost> lost_;
  std::unique_ptr<report::ReportWriter> writer_;
  report::Summary total_;
  std::vector<std::string> problems_;  ///< of the image as a whole
  bool findings_ = false;
  bool interrupted_ = false;
};

/// Now, as the report writes it: RFC 3339 UTC, seconds.
[[nodiscard]] std::string now_text();

}  // namespace coldread::cli
