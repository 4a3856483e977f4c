#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/same_file.hpp"
#include "cli/session.hpp"
#include "core/report/entry_choice.hpp"
#include "core/report/html_page.hpp"
#include "core/report/html_text.hpp"
#include "core/report/part_file.hpp"
#include "core/report/report_reader.hpp"

namespace coldread::cli {
namespace {

constexpr std::size_t kMostTold = 20;      ///< entries of each status
constexpr std::size_t kMostProblems = 20;  ///< of the image, and of each filesystem

/// Entries that are named in the summary: of each status the first few.
struct Told {
  static constexpr std::array<const char*, 4> kStatuses{"damaged", "error", "locked", "recovered"};
  std::array<report::FirstOf<std::pair<std::string, std::string>>, kStatuses.size() + 1> by_status;

  void add(const report::ReportEntry& entry) {
    if (entry.clean()) return;
    const auto* const status = std::find(kStatuses.begin(), kStatuses.end(), entry.status);
    by_status.at(static_cast<std::size_t>(status - kStatuses.begin())).add({entry.path, entry.why()}, kMostTold);
  }
};

class Summary {
 public:
  Summary(const report::ReportDocument& document, const Told& told, Io& io)
      : document_(document), told_(told), io_(io) {}

  void print() {
    const report::Image& image = document_.image;
    io_.out << "image: " << text(image.path) << ", " << report::bytes_in_words(image.size) << ", " << text(image.format)
            << '\n';
    if (image.sha256) io_.out << "sha256: " << text(*image.sha256) << '\n';
    io_.out << "run: coldread " << text(document_.tool_version);
    for (const std::string& argument : document_.run.arguments) io_.out << ' ' << text(argument);
    io_.out << "\n     " << text(document_.run.started) << " to " << text(document_.run.finished) << '\n';
    sentences("", document_.problems);
    for (std::size_t i = 0; i < document_.filesystems.size(); ++i) print(document_.filesystems[i], i + 1);
    for (std::size_t i = 0; i < told_.by_status.size(); ++i) {
      print(i < Told::kStatuses.size() ? Told::kStatuses.at(i) : "other findings", told_.by_status.at(i));
    }
    for (const std::string& mismatch : document_.mismatches()) {
      io_.out << "the report contradicts itself: " << mismatch << '\n';
    }
    io_.out << "result: " << text(document_.result) << ", exit code " << document_.exit_code << ": "
            << report::exit_code_in_words(document_.exit_code) << '\n';
  }

 private:
  [[nodiscard]] std::string text(const std::string& text) const { return shown(text, io_.out_is_terminal); }

  void sentences(const char* indent, const report::FirstOf<std::string>& problems) {
    const std::size_t count = std::min(problems.items.size(), kMostProblems);
    for (std::size_t i = 0; i < count; ++i) io_.out << indent << "problem: " << text(problems.items[i]) << '\n';
    if (problems.total > count) io_.out << indent << "and " << problems.total - count << " more problems\n";
  }

  void print(const report::ReportFilesystem& filesystem, std::size_t number) {
    const report::Filesystem& of = filesystem.facts;
    const report::Summary& told = filesystem.told;
    io_.out << "filesystem " << number << ": " << text(of.type) << ", " << text(of.uuid);
    if (!of.label.empty()) io_.out << ", " << text(of.label);
    if (of.partition) io_.out << ", partition " << of.partition->number;
    io_.out << ", blocks of " << of.block_size << '\n';
    io_.out << "  " << told.files << " files (" << report::bytes_in_words(told.bytes) << "), " << told.directories
            << " directories, " << told.symlinks << " symlinks, " << told.other << " other\n";
    io_.out << "  ok " << told.ok << ", damaged " << told.damaged << ", locked " << told.locked << ", skipped "
            << told.skipped << ", error " << told.error;
    if (told.recovered != 0) io_.out << ", recovered " << told.recovered;
    io_.out << "; " << told.pages_bad << " of " << told.pages_total << " pages bad\n";
    io_.out << "  fs-verity: " << told.verified << " verified, " << told.mismatch << " mismatch, " << told.malformed
            << " malformed\n";
    if (of.replay.needed) {
      io_.out << "  replay: needed, " << of.replay.applied << " applied (" << text(of.replay.kind) << ")\n";
    }
    for (const report::Policy& policy : filesystem.policies.items) {
      if (policy.key != "missing") continue;
      io_.out << "  key missing: " << text(policy.master_key) << " (" << policy.entries.value_or(0) << " entries)\n";
    }
    sentences("  ", filesystem.problems);
  }

  void print(const char* status, const report::FirstOf<std::pair<std::string, std::string>>& entries) {
    if (entries.total == 0) return;
    io_.out << status << ":\n";
    for (const auto& [path, why] : entries.items) io_.out << "  /" << text(path) << ": " << text(why) << '\n';
    if (entries.left_out() != 0) io_.out << "  and " << entries.left_out() << " more\n";
  }

  const report::ReportDocument& document_;
  const Told& told_;
  Io& io_;
};

Result<void> show(const Arguments& arguments, Io& io) {
  const std::string& path = arguments.image;
  struct stat st {};
  if (path != "-" && ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) {
    return fail(ErrorKind::kNotFound, path, "is a directory; give a report");
  }
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  if (!file) return fail(ErrorKind::kNotFound, path, "the report cannot be opened");
  if (!arguments.html.empty() && path != "-" && is_same_file(path, arguments.html)) {
    return fail(ErrorKind::kUsage, arguments.html, "is the report itself, and is not written over");
  }
  report::EntryChoice choice;
  Told told;
  auto document = report::read_report(path == "-" ? io.in : file,
                                      [&](const report::ReportEntry& entry, const report::Filesystem& filesystem) {
                                        if (arguments.html.empty()) told.add(entry);
                                        if (!arguments.html.empty()) choice.add(entry, filesystem);
                                        return !io.interrupt;
                                      });
  if (!document) {
    Error error = std::move(document.error());
    error.where = path;
    return fail(std::move(error));
  }
  if (arguments.html.empty()) {
    Summary(*document, told, io).print();
    return {};
  }
  auto page = report::PartFile::create(arguments.html);
  if (!page) return fail(std::move(page.error()));
  report::write_html_page(*document, choice, [&](std::string_view part) { (*page)->write(part); });
  return (*page)->commit();
}

}  // namespace

int report(const Arguments& arguments, Io& io) {
  const auto done = show(arguments, io);
  if (done) return kOk;
  complain(io, done.error().message());
  return exit_code_of(done.error().kind);
}

}  // namespace coldread::cli
