#include <string>
#include <utility>

#include "core/report/report_reader.hpp"

namespace coldread::report {

bool ReportEntry::clean() const { return why().empty(); }

std::string ReportEntry::why() const {
  if (status == "skipped" && problems.total == 0) return "";
  if (!bad.items.empty()) {
    const BadRange& first = bad.items.front();
    std::string out = std::to_string(first.range.length) + " bytes at offset " + std::to_string(first.range.offset) +
                      ": " + first.step + ": " + first.reason;
    return bad.total == 1 ? out : out + ", and " + std::to_string(bad.total - 1) + " more";
  }
  if (!problems.items.empty()) return problems.items.front();
  if (verity && *verity != "verified") return "fs-verity: " + *verity;
  if (signature == "invalid") return "its signature is not valid";
  if (listed == "differs") return "its digest is not the one listed";
  if (status == "locked") return "its key is missing";
  if (status == "recovered") return "it is what remains of a deleted file";
  return status == "ok" ? "" : status;
}

std::vector<std::string> ReportDocument::mismatches() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < filesystems.size(); ++i) {
    const Summary& told = filesystems[i].told;
    const Summary& seen = filesystems[i].seen;
    const auto hold = [&](const char* what, std::uint64_t said, std::uint64_t counted) {
      if (said == counted) return;
      out.push_back("filesystem " + std::to_string(i + 1) + ": the report's summary says " + std::to_string(said) +
                    " (" + what + "), its entries come to " + std::to_string(counted));
    };
    hold("files", told.files, seen.files);
    hold("directories", told.directories, seen.directories);
    hold("symlinks", told.symlinks, seen.symlinks);
    hold("other", told.other, seen.other);
    hold("bytes", told.bytes, seen.bytes);
    hold("ok", told.ok, seen.ok);
    hold("damaged", told.damaged, seen.damaged);
    hold("locked", told.locked, seen.locked);
    hold("skipped", told.skipped, seen.skipped);
    hold("error", told.error, seen.error);
    hold("recovered", told.recovered, seen.recovered);
    hold("fs-verity verified", told.verified, seen.verified);
    hold("fs-verity mismatch", told.mismatch, seen.mismatch);
    hold("fs-verity malformed", told.malformed, seen.malformed);
    hold("pages", told.pages_total, seen.pages_total);
    if (filesystems[i].pages_counted) hold("bad pages", told.pages_bad, seen.pages_bad);
    // `verify` passes over locked entries without fs-verity: they are no findings of it.
    const bool verify = !run.arguments.empty() && run.arguments.front() == "verify";
    const std::uint64_t wrong =
        seen.damaged + seen.error + seen.mismatch + seen.malformed + seen.pages_bad + (verify ? 0 : seen.locked);
    if (result == "ok" && wrong != 0) {
      out.push_back("filesystem " + std::to_string(i + 1) + ": the result is ok, and its entries are not");
    }
  }
  if ((result == "ok") != (exit_code == 0)) {
    out.emplace_back("its result and its exit code are not those of one run");
  }
  return out;
}

}  // namespace coldread::report
