#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/filesystem_run.hpp"
#include "cli/listing.hpp"
#include "cli/progress.hpp"
#include "core/extract/directory_sink.hpp"

namespace coldread::cli {
namespace {

/// Findings that are told one by one on standard error; the report has them all.
constexpr std::size_t kMaxTold = 20;

/// The sinks of one output directory: itself for one filesystem, a directory pN for each of several.
class Output {
 public:
  Output(std::unique_ptr<extract::DirectorySink> sink, bool several) : several_(several) { own(std::move(sink)); }

  Result<extract::Sink*> sink_of(const fs::Found& found) {
    if (!several_) return sinks_.front().get();
    auto sink = sinks_.front()->subdirectory(partition_name(found));
    if (!sink) return fail(std::move(sink.error()));
    own(std::move(*sink));
    return sinks_.back().get();
  }

 private:
  void own(std::unique_ptr<extract::DirectorySink> sink) { sinks_.push_back(std::move(sink)); }

  bool several_;
  std::vector<std::unique_ptr<extract::DirectorySink>> sinks_;
};

std::string report_path(const Arguments& arguments) {
  if (!arguments.report.empty()) return arguments.report;
  std::string directory = arguments.output;
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  const std::string last = std::filesystem::path(directory).filename();
  if (last == "." || last == "..") {  // such a name has no room for an ending
    std::error_code unknown;
    const auto resolved = std::filesystem::weakly_canonical(directory, unknown);
    if (!unknown) directory = resolved;
  }
  return directory + ".report.json";
}

/// "block at 81920 (4096 bytes; page 20): verity: ..." of each bad range.
void tell_finding(const std::string& name, const report::Entry& entry, std::uint32_t page_size, Io& io) {
  std::string line = shown(name, io.err_is_terminal) + ": " + entry.status;
  if (entry.pages && !entry.pages->bad.empty()) {
    const report::BadRange& bad = entry.pages->bad.front();
    const std::uint64_t first = bad.range.offset / page_size;
    const std::uint64_t last = (bad.range.offset + bad.range.length - 1) / page_size;
    line +=
        ": " + std::to_string(bad.range.length) + " bytes at offset " + std::to_string(bad.range.offset) + " (page" +
        (first == last ? " " + std::to_string(first) : "s " + std::to_string(first) + " to " + std::to_string(last)) +
        "), step " + bad.step + ": " + bad.reason;
    if (entry.pages->bad.size() > 1) line += ", and " + std::to_string(entry.pages->bad.size() - 1) + " more";
  } else if (!entry.problems.empty()) {
    line += ": " + shown(entry.problems.front(), io.err_is_terminal);
  }
  io.err << line << '\n';
}

void tell_summary(const report::Summary& total, const std::string& report, std::ostream& out) {
  out << counted(total.files, "file", "files") << " (" << human_size(total.bytes) << "), "
      << counted(total.directories, "directory", "directories") << ", "
      << counted(total.symlinks, "symlink", "symlinks") << ", " << total.other << " other\n"
      << "ok " << total.ok << ", damaged " << total.damaged << ", locked " << total.locked << ", skipped "
      << total.skipped << ", error " << total.error << "; " << total.pages_bad << " of " << total.pages_total
      << " pages bad\n";
  if (total.verified + total.mismatch + total.malformed != 0) {
    out << "fs-verity: " << total.verified << " verified, " << total.mismatch << " mismatch, " << total.malformed
        << " malformed\n";
  }
  if (report != "-") out << "report: " << report << '\n';
}

}  // namespace

int extract(const Arguments& arguments, Io& io) {
  auto session = open_session(arguments, io);
  if (!session) {
    complain(io, session.error().message());
    return exit_code_of(session.error().kind);
  }
  auto run = FilesystemRun::make(arguments, io, *session);
  if (!run) {
    complain(io, run.error().message());
    return kUsage;
  }
  if (auto paths = (*run)->check_paths(); !paths) {
    complain(io, paths.error().message());
    return exit_code_of(paths.error().kind);
  }
  auto sink = extract::DirectorySink::open(
      arguments.output, {arguments.preserve_owner, arguments.preserve_setid, arguments.preserve_special});
  if (!sink) {
    complain(io, sink.error().message());
    return exit_code_of(sink.error().kind);
  }
  const bool several = session->contents.filesystems.size() > 1;
  Output output(std::move(*sink), several);

  const std::string report = report_path(arguments);
  std::size_t told = 0;
  const int code = (*run)->go(
      report, false, [&](const fs::Found& found) { return output.sink_of(found); },
      [&](const fs::Found& found, const report::Entry& entry) {
        const bool finding = entry.status == "damaged" || entry.status == "error";
        if (!finding || arguments.quiet || ++told > kMaxTold) return;
        const std::string name =
            several ? partition_name(found) + "/" + entry.path : (entry.path.empty() ? "/" : entry.path);
        tell_finding(name, entry, page_size_for(arguments, *found.volume), io);
      });
  const report::Summary& total = (*run)->total();
  const bool any = total.files + total.directories + total.symlinks + total.other != 0;
  if (!arguments.quiet && any) {
    if (told > kMaxTold) io.err << "... and " << told - kMaxTold << " more (the report names them all)\n";
    tell_summary(total, report, report == "-" ? io.err : io.out);
  }
  name_unused_keys(*session, arguments, io);
  return code;
}

}  // namespace coldread::cli
