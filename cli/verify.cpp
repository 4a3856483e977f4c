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

/// "its signature is not valid: ...", as the entry's problems have it.
std::string invalid_signature(const report::Entry& entry) {
  const std::string topic = "fs-verity: ";
  std::string body = "its signature is not valid";
  for (const std::string& problem : entry.problems) {
    if (problem.starts_with(topic + body)) return problem.substr(topic.size());
  }
  return body;
}

/// One line of who signed a file, by the signature's own claim where it is not valid.
std::string signer_line(const report::VerityResult& verity) {
  const report::VeritySigner& signer = *verity.signer;
  std::string line = "signature " + verity.signature + (verity.signature == "valid" ? ": " : ", as it claims: ");
  line += signer.subject.empty() ? "a signer whose certificate is not at hand" : signer.subject;
  std::string more = signer.digest_algorithm;
  if (!signer.issuer.empty()) more += ", issuer " + signer.issuer + ", serial " + signer.serial;
  if (!signer.key_identifier.empty()) more += ", key identifier " + signer.key_identifier;
  if (!signer.not_before.empty()) more += ", certificate of " + signer.not_before + " to " + signer.not_after;
  line += " (" + more + ")";
  for (std::size_t i = 1; i < signer.chain.size(); ++i) line += (i == 1 ? "; under " : ", ") + signer.chain[i];
  return line;
}

/// "12 listed: 9 match, 1 differs, ..."
std::string list_line(const report::DigestListResult& list) {
  std::string line = std::to_string(list.listed) + " listed: " + std::to_string(list.match) + " match";
  if (list.match_unverified != 0) {
    line += " (but the data of " + std::to_string(list.match_unverified) + " does not verify)";
  }
  line += ", " + std::to_string(list.differs) + " differ, " + std::to_string(list.missing) + " missing, " +
          std::to_string(list.not_verity) + " no fs-verity file";
  if (list.not_looked_at != 0) line += ", " + std::to_string(list.not_looked_at) + " not looked at";
  return line + "; " + std::to_string(list.unlisted) + " fs-verity files are not listed";
}

/// Why a verity file is not what it claims, in one line; empty where it is.
std::string failure(const report::Entry& entry, const Arguments& arguments) {
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
  if (verity.signature == "invalid") return invalid_signature(entry);
  if (verity.signature != "valid" && arguments.require_signature) return "it is not signed";
  if (verity.listed == "differs") return "its digest is not the one listed";
  return "";
}

}  // namespace

int verify(const Arguments& arguments, Io& io) {
  if (!arguments.dump.empty()) return verity_dump(arguments, io);
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
  const extract::PathFilter filter(arguments.include, arguments.exclude);
  const bool several = session->contents.filesystems.size() > 1;
  int code = (*run)->go(
      arguments.report, true, [](const fs::Found&) -> Result<extract::Sink*> { return nullptr; },
      [&](const fs::Found& found, const report::Entry& entry) {
        if (entry.type == "dir") {
          if (!entry.problems.empty()) complain(io, "/" + entry.path + ": " + entry.problems.front());
          return;
        }
        if (entry.status == "skipped" && entry.problems.empty() &&
            (!is_named(entry.path, arguments) || !filter.wants(entry.path, false))) {
          return;
        }
        const std::string name =
            shown(several ? partition_name(found) + "/" + entry.path : entry.path, io.out_is_terminal);
        const std::string why = failure(entry, arguments);
        ++checked;
        if (arguments.verbose && entry.verity && entry.verity->signer) {
          io.err << name << ": " << shown(signer_line(*entry.verity), io.err_is_terminal) << '\n';
        }
        if (why.empty() && entry.verity && entry.verity->odd) {
          for (const std::string& problem : entry.problems) complain(io, name + ": " + problem);
        }
        if (entry.status == "skipped") named_no_verity = true;
        if (arguments.digest) {
          if (why.empty()) io.out << entry.verity->algorithm << ':' << entry.verity->digest << ' ' << name << '\n';
          if (!why.empty()) io.err << name << ": FAILED (" << shown(why, io.err_is_terminal) << ")\n";
        } else if (!arguments.quiet || !why.empty()) {
          io.out << name << (why.empty() ? ": OK" : ": FAILED (" + shown(why, io.out_is_terminal) + ")") << '\n';
        }
      });
  if (const report::DigestListResult* list = (*run)->list_result(); list != nullptr && !arguments.quiet) {
    complain(io, list_line(*list));
  }
  if (code == kOk && named_no_verity) code = kFindings;
  if (checked == 0 && code <= kFindings && !arguments.quiet)
    complain(io, arguments.image + ": no fs-verity file was found");
  name_unused_keys(*session, arguments, io);
  return code;
}

}  // namespace coldread::cli
