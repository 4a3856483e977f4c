#include <algorithm>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/filesystem_run.hpp"

namespace coldread::cli {
namespace {

/// True where the command line names this very path.
bool is_named(const std::string& path, const Arguments& arguments) {
  return std::any_of(arguments.paths.begin(), arguments.paths.end(), [&](const std::string& given) {
    const std::size_t first = given.find_first_not_of('/');
    const std::size_t last = given.find_last_not_of('/');
    return first != std::string::npos && given.substr(first, last - first + 1) == path;
  });
}

/// Why a verity file is not what it claims, in one line; empty where it is.
std::string failure(const report::Entry& entry) {
  if (entry.status == "locked") return "locked: its key is missing";
  if (!entry.verity) return entry.problems.empty() ? "it is no fs-verity file" : entry.problems.front();
  const report::VerityResult& verity = *entry.verity;
  if (entry.pages && !entry.pages->bad.empty() && verity.status != "malformed") {
    const report::BadRange& bad = entry.pages->bad.front();
    std::string why = std::to_string(bad.range.length) + " bytes at offset " + std::to_string(bad.range.offset) + ": " +
                      bad.step + ": " + bad.reason;
    if (entry.pages->bad.size() > 1) why += ", and " + std::to_string(entry.pages->bad.size() - 1) + " more";
    return why;
  }
  if (verity.status != "verified" || entry.status != "ok") {
    return entry.problems.empty() ? verity.status : entry.problems.front();
  }
  if (verity.signature == "invalid") return "its signature is not valid";
  if (verity.listed == "differs") return "its digest is not the one listed";
  return "";
}

}  // namespace

int verify(const Arguments& arguments, Io& io) {
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
  std::size_t checked = 0;
  bool named_no_verity = false;
  const bool several = session->contents.filesystems.size() > 1;
  int code = (*run)->go(
      arguments.report, true, [](const fs::Found&) -> Result<extract::Sink*> { return nullptr; },
      [&](const fs::Found& found, const report::Entry& entry) {
        if (entry.type == "dir") {
          if (entry.status == "damaged") complain(io, "/" + entry.path + ": " + entry.problems.front());
          return;
        }
        if (entry.status == "skipped" && entry.problems.empty() && !is_named(entry.path, arguments)) return;
        const std::string name =
            shown(several ? partition_name(found) + "/" + entry.path : entry.path, io.out_is_terminal);
        const std::string why = failure(entry);
        ++checked;
        if (entry.status == "skipped") named_no_verity = true;
        if (arguments.digest) {
          if (why.empty()) io.out << entry.verity->algorithm << ':' << entry.verity->digest << ' ' << name << '\n';
          if (!why.empty()) io.err << name << ": FAILED (" << shown(why, io.err_is_terminal) << ")\n";
        } else if (!arguments.quiet || !why.empty()) {
          io.out << name << (why.empty() ? ": OK" : ": FAILED (" + shown(why, io.out_is_terminal) + ")") << '\n';
        }
      });
  if (code == kOk && named_no_verity) code = kFindings;
  if (checked == 0 && code <= kFindings && !arguments.quiet)
    complain(io, arguments.image + ": no fs-verity file was found");
  name_unused_keys(*session, arguments, io);
  return code;
}

}  // namespace coldread::cli
