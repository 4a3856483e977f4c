#include "cli/filesystem_run.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/exit_code.hpp"
#include "cli/progress.hpp"
#include "core/extract/content_hash.hpp"
#include "core/report/time.hpp"

namespace coldread::cli {
namespace {

constexpr std::size_t kHashPiece = 1 << 20;

void add(report::Summary& total, const report::Summary& one) {
  total.files += one.files;
  total.directories += one.directories;
  total.symlinks += one.symlinks;
  total.other += one.other;
  total.bytes += one.bytes;
  total.ok += one.ok;
  total.damaged += one.damaged;
  total.locked += one.locked;
  total.skipped += one.skipped;
  total.error += one.error;
  total.recovered += one.recovered;
  total.verified += one.verified;
  total.mismatch += one.mismatch;
  total.malformed += one.malformed;
  total.pages_total += one.pages_total;
  total.pages_bad += one.pages_bad;
}

}  // namespace

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return report::rfc3339_seconds(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

Result<std::unique_ptr<FilesystemRun>> FilesystemRun::make(const Arguments& arguments, Io& io, Session& session) {
  std::unique_ptr<FilesystemRun> run(new FilesystemRun(arguments, io, session));
  if (!arguments.certs.empty()) {
    auto trust = verity::TrustStore::load(arguments.certs);
    if (!trust) return fail(ErrorKind::kUsage, trust.error().where, trust.error().what);
    run->trust_ = std::move(*trust);
  }
  if (!arguments.digests.empty()) {
    auto list = verity::DigestList::load(arguments.digests);
    if (!list) return fail(ErrorKind::kUsage, list.error().where, list.error().what);
    run->digests_ = std::move(*list);
    run->list_.emplace(*run->digests_, run->scope());
  }
  return run;
}

extract::ListScope FilesystemRun::scope() const {
  extract::ListScope scope{{}, {}, arguments_.paths, extract::PathFilter(arguments_.include, arguments_.exclude)};
  for (const fs::Found& found : session_.contents.filesystems) {
    if (found.volume) scope.partitions.push_back(partition_name(found));
  }
  for (const fs::Partition& partition : session_.contents.table.partitions) {
    const std::string name = "p" + std::to_string(partition.number);
    const auto& read = scope.partitions;
    if (std::find(read.begin(), read.end(), name) == read.end()) scope.left_out.push_back(name);
  }
  return scope;
}

Result<void> FilesystemRun::check_paths() {
  for (const std::string& path : arguments_.paths) {
    std::optional<Error> why;
    bool there = false;
    for (const fs::Found& found : session_.contents.filesystems) {
      if (there || !found.volume) continue;
      auto item = find_path(*found.volume, *session_.keys, path, lost_of(found));
      there = item.has_value() || item.error().kind != ErrorKind::kNotFound;
      if (!there && !why) why = std::move(item.error());
    }
    if (!there && why) return fail(std::move(*why));
  }
  return {};
}

const Lost& FilesystemRun::lost_of(const fs::Found& found) {
  const auto [at, is_new] = lost_.try_emplace(&found);
  if (is_new) at->second = find_lost(*found.volume, *session_.keys, arguments_);
  return at->second;
}

report::Image FilesystemRun::describe_image() {
  report::Image image;
  image.path = arguments_.image;
  image.size = session_.image->size();
  image.format = session_.image->is_device() ? "device" : "raw";
  if (!arguments_.hash_image) return image;
  extract::ContentHash hash({"sha256"});
  Bytes piece(kHashPiece);
  for (std::uint64_t at = 0; at < image.size && !io_.interrupt; at += kHashPiece) {
    const MutableByteSpan part = MutableByteSpan(piece).first(std::min<std::uint64_t>(kHashPiece, image.size - at));
    if (auto done = source::read_exactly(*session_.image, at, part); !done) {
      problems_.push_back("its SHA-256 cannot be told: " + done.error().message());
      complain(io_, arguments_.image + ": " + problems_.back());
      findings_ = true;
      return image;
    }
    hash.update(part);
  }
  if (!io_.interrupt) image.sha256 = hash.finish().front().second;
  return image;
}

int FilesystemRun::go(const std::string& report_path, bool only_verity, const SinkOf& sink_of,
                      const OnEntry& on_entry) {
  report::RunInfo info{arguments_.all, now_text(), "", arguments_.jobs};
  const auto image = describe_image();
  if (!report_path.empty()) {
    auto writer = report::ReportWriter::open(report_path, image);
    if (!writer) {
      complain(io_, writer.error().message());
      return kOutput;
    }
    writer_ = std::move(*writer);
  }

  int code = kOk;
  for (const fs::Found& found : session_.contents.filesystems) {
    if (found.error) {
      findings_ = true;
      problems_.push_back((found.partition ? partition_name(found) + ": " : "") + found.error->message());
    }
    if (!found.volume || interrupted_) continue;
    if (auto done = one(found, only_verity, sink_of, on_entry); !done) {
      complain(io_, done.error().message());
      code = exit_code_of(done.error().kind);
      break;
    }
  }
  if (list_) end_list(interrupted_ || code != kOk);
  if (code == kOk) code = interrupted_ ? kInterrupted : (findings_ ? kFindings : kOk);
  if (writer_) {
    const char* result =
        code == kOk ? "ok" : (code == kFindings ? "findings" : (code == kInterrupted ? "interrupted" : "failed"));
    info.finished = now_text();
    if (auto done = writer_->finish(info, result, code, problems_); !done) {
      complain(io_, done.error().message());
      code = kOutput;
    }
  }
  return code;
}

void FilesystemRun::end_list(bool ended_early) {
  for (std::string& sentence : list_->finish(ended_early)) {
    findings_ = true;
    complain(io_, sentence);
    problems_.push_back(std::move(sentence));
  }
  if (writer_) writer_->set_digest_list(list_->result());
}

Result<void> FilesystemRun::one(const fs::Found& found, bool only_verity, const SinkOf& sink_of,
                                const OnEntry& on_entry) {
  auto sink = sink_of(found);
  if (!sink) return fail(std::move(sink.error()));

  extract::ExtractOptions options;
  options.page_size = page_size_for(arguments_, *found.volume);
  options.jobs = arguments_.jobs;
  options.damaged = arguments_.damaged;
  options.hashes = arguments_.hashes.value_or(std::vector<std::string>());
  options.filter = extract::PathFilter(arguments_.include, arguments_.exclude);
  options.only_verity = only_verity;
  options.runs = arguments_.runs;
  options.ciphertext = arguments_.ciphertext;
  const Lost& lost = lost_of(found);
  options.orphans = lost.orphans ? &*lost.orphans : nullptr;
  options.deleted = lost.deleted ? &*lost.deleted : nullptr;
  options.trust = trust_ ? &*trust_ : nullptr;
  options.require_signature = arguments_.require_signature;
  options.list = list_ ? &*list_ : nullptr;
  options.partition = partition_name(found);

  std::vector<std::string> problems = found.volume->facts().findings;
  if (arguments_.paths.empty()) {  // of a few files, only what belongs to them is looked at
    for (Finding& finding : found.volume->check_metadata()) problems.push_back(std::move(finding));
  }
  for (const Finding& finding : lost.findings()) {  // the same bad bitmaps, perhaps
    if (std::find(problems.begin(), problems.end(), finding) == problems.end()) problems.push_back(finding);
  }
  if (!problems.empty()) findings_ = true;
  for (const Finding& finding : problems) complain(io_, arguments_.image + ": " + finding);
  if (writer_) writer_->begin_filesystem(filesystem_record(found, options.page_size));
  extract::PathSelection selection(arguments_.paths);
  extract::Progress progress;
  extract::Outcome outcome;
  {
    const ProgressLine line(arguments_, io_, progress);
    outcome = extract::extract(*found.volume, *session_.keys, selection, options, *sink, progress, io_.interrupt,
                               [&](const report::Entry& entry) -> Result<void> {
                                 if (writer_) writer_->add_entry(entry);
                                 on_entry(found, entry);
                                 return {};
                               });
  }
  problems.insert(problems.end(), outcome.problems.begin(), outcome.problems.end());
  if (writer_) writer_->end_filesystem(outcome.policies, outcome.summary, problems);
  for (const std::string& problem : outcome.problems) complain(io_, problem);
  add(total_, outcome.summary);
  findings_ = findings_ || outcome.findings;
  interrupted_ = outcome.interrupted;
  if (outcome.output_error) return fail(std::move(*outcome.output_error));
  return {};
}

}  // namespace coldread::cli
