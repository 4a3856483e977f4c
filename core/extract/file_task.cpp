#include "core/extract/file_task.hpp"

#include <algorithm>
#include <utility>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/extract/ciphertext.hpp"
#include "core/extract/file_runs.hpp"
#include "core/extract/signature_record.hpp"

namespace coldread::extract {
namespace {

/// The list of faults is merged each time it grows by this many, so that a file of nothing but bad blocks stays small.
constexpr std::size_t kMergeEvery = 4096;

std::string span(const report::Range& range) {
  return std::to_string(range.offset) + " to " + std::to_string(range.offset + range.length);
}

/// What is wrong with a stored tree block, in a sentence.
std::string tree_damage(const report::TreeDamage& damage) {
  return "bytes " + span(damage.range) + ", past the end of the file: " + damage.reason + "; " +
         (damage.recomputed ? "what it should be was recomputed, up to the root hash, and its data, bytes " +
                                  span(damage.covers) + ", was judged by that; a kernel refuses all of it"
                            : "nothing of its data, bytes " + span(damage.covers) + ", can be verified");
}

void zero(const read::Window& window, std::uint64_t begin, std::uint64_t end) {
  const MutableByteSpan bytes = window.at(begin, std::min(end, window.end()) - begin);
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
}

}  // namespace

void TaskContext::stop_with(Error error) {
  const std::lock_guard lock(mutex);
  if (!output_error) output_error = std::move(error);
  stop = true;
}

FileTask::FileTask(TaskContext& context, WalkItem item, report::Entry entry, SinkEntry out, Take take)
    : context_(context),
      item_(std::move(item)),
      entry_(std::move(entry)),
      take_(take),
      sink_entry_(std::move(out)),
      hashes_(take == Take::kCiphertext ? std::vector<std::string>{"sha256"} : context.options.hashes),
      hash_(hashes_) {}

void FileTask::set_up() {
  const Encryption* encryption = item_.encryption ? &*item_.encryption : nullptr;
  const volume::Xattrs xattrs = item_.inode->xattrs();
  add_xattrs(xattrs, entry_);
  const std::uint32_t page_size = context_.options.page_size;
  plan_ = take_ == Take::kCiphertext
              ? plan_ciphertext(context_.volume, *item_.inode, page_size)
              : plan_content(context_.volume, *item_.inode, encryption, page_size, &context_.stop);
  const std::uint64_t size = plan_.reader->size();
  if (plan_.map) {
    windows_ = size / plan_.reader->window_size() + (size % plan_.reader->window_size() != 0 ? 1 : 0);
  } else if (size != 0) {
    // There is nothing to read, and a size that is nonsense is no reason to go through all of it.
    const std::uint64_t end = round_up(size, context_.volume.facts().block_size);
    faults_.push_back({{0, end}, read::StepKind::kMap, plan_.unmapped});
  }

  if (context_.sink == nullptr) return;
  sink_entry_.xattrs = xattrs.list;
  if (take_ == Take::kCiphertext) {
    if (!plan_.map) return;
    sink_entry_.facts.size = size;
  }
  auto file = context_.sink->file(sink_entry_, placed_);
  if (!file) {
    context_.stop_with(std::move(file.error()));
    return;
  }
  file_ = std::move(*file);
}

void FileTask::run_window(std::uint64_t index, MutableByteSpan buffer, read::Window& window) {
  const std::uint64_t offset = index * plan_.reader->window_size();
  plan_.reader->read(offset, buffer, window);
  if (!window.faults.empty()) record_faults(window);
  if (file_) write(window);
  const std::uint64_t length = std::min<std::uint64_t>(window.bytes.size(), plan_.reader->size() - offset);
  if (!hashes_.empty()) hash_in_turn(index, window.bytes.first(static_cast<std::size_t>(length)));
  context_.progress.bytes.fetch_add(length, std::memory_order_relaxed);
}

void FileTask::record_faults(const read::Window& window) {
  // Of ciphertext, the blocks beside a bad one are kept, however damaged content is written.
  const bool has_pages = take_ == Take::kContent;
  for (const read::BlockFault& fault : window.faults) {
    const std::uint64_t begin = fault.range.offset;
    const std::uint64_t end = begin + fault.range.length;
    const std::uint32_t page = context_.options.page_size;
    if (context_.options.damaged == Damaged::kZero) zero(window, begin, end);
    if (has_pages && context_.options.damaged == Damaged::kPage) {
      zero(window, std::max(round_down(begin, page), window.offset), round_up(end, page));
    }
  }
  const std::lock_guard lock(mutex_);
  const bool grown = faults_.size() / kMergeEvery != (faults_.size() + window.faults.size()) / kMergeEvery;
  faults_.insert(faults_.end(), window.faults.begin(), window.faults.end());
  if (grown) read::sort_and_merge(faults_);
}

void FileTask::write(const read::Window& window) {
  const std::uint64_t size = plan_.reader->size();
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // of a run of the window that is to be written in one piece
  const auto flush = [&] {
    if (begin == end) return;
    auto done = file_->write(begin, window.at(begin, end - begin));
    if (!done) {
      write_failed_ = true;
      context_.stop_with(std::move(done.error()));
    }
  };
  for (const read::Extent& extent : window.extents) {
    if (!read::has_source(extent.kind)) continue;
    const std::uint64_t stop = std::min({extent.file_end(), size, window.end()});
    if (extent.file_offset >= stop) continue;
    if (extent.file_offset != end) {
      flush();
      begin = extent.file_offset;
    }
    end = stop;
  }
  flush();
}

void FileTask::hash_in_turn(std::uint64_t index, ByteSpan content) {
  std::unique_lock lock(mutex_);
  // The window whose turn it is has been begun by a worker that waits for nobody, so this wait ends.
  turn_came_.wait(lock, [&] { return hash_turn_ == index; });
  lock.unlock();
  hash_.update(content);
  lock.lock();
  ++hash_turn_;
  turn_came_.notify_all();
}

void FileTask::finish(bool complete) {
  const bool gave_up = plan_.verity && plan_.verity->step != nullptr && plan_.verity->step->gave_up();
  if (!complete || write_failed_ || gave_up) {
    file_.reset();
    failed_ = true;
    return;
  }
  read::sort_and_merge(faults_);
  take_ == Take::kCiphertext ? finish_ciphertext() : finish_content();
  file_.reset();
}

void FileTask::finish_content() {
  if (plan_.map) {
    for (Finding& finding : plan_.map->findings()) add_damage(entry_, std::move(finding));
  }
  report_pages();
  if (plan_.verity) report_verity();
  if (context_.options.runs) report_runs();
  const bool refuted = entry_.verity && entry_.verity->status != "verified";  // of an empty file without a bad block
  if (entry_.pages->bad.empty() && !refuted) {
    entry_.hashes = hash_.finish();
  } else if (!entry_.recovered) {
    entry_.status = "damaged";
  }

  put_in_place("not written: it is damaged, and damaged files are omitted");
}

void FileTask::finish_ciphertext() {
  report::Ciphertext& ciphertext = *entry_.ciphertext;
  if (!plan_.map) {
    entry_.problems.push_back("its ciphertext was not written: " + plan_.unmapped);
    return;
  }
  for (Finding& finding : plan_.map->findings()) {
    ciphertext.problems.push_back(finding);
    add_damage(entry_, std::move(finding));
  }
  if (!put_in_place("its ciphertext was not written: it is damaged, and damaged files are omitted")) return;
  ciphertext.file = describe_ciphertext_file(context_.volume, *item_.inode, *plan_.map, plan_.reader->size());
  ciphertext.file->sha256 = hash_.finish().front().second;
  ciphertext.file->bad = bad_ranges();
}

bool FileTask::put_in_place(const char* omitted) {
  if (!file_) return false;
  if (context_.options.damaged == Damaged::kOmit && !faults_.empty()) {
    entry_.problems.emplace_back(omitted);
  } else if (auto done = file_->commit(sink_entry_); !done) {
    failed_ = true;
    context_.stop_with(std::move(done.error()));
  } else if (placed_.skipped) {
    if (entry_.status == "ok") entry_.status = "skipped";
    for (std::string& problem : placed_.problems) entry_.problems.push_back(std::move(problem));
  } else {
    placed_path_ = placed_.written_as.value_or(entry_.path);
    entry_.written_as = placed_.written_as;
    for (std::string& problem : placed_.problems) entry_.problems.push_back(std::move(problem));
  }
  return placed_path_.has_value();
}

std::vector<report::BadRange> FileTask::bad_ranges() const {
  std::vector<report::BadRange> bad;
  for (const read::BlockFault& fault : faults_) {
    bad.push_back({{fault.range.offset, fault.range.length}, std::string(read::to_string(fault.step)), fault.reason});
  }
  return bad;
}

void FileTask::report_pages() {
  report::Pages pages;
  pages.total = plan_.reader->page_count();
  read::BadPageCount bad(context_.options.page_size, plan_.reader->size());
  bad.add(faults_);
  pages.bad_count = bad.count();
  pages.bad = bad_ranges();
  entry_.pages = std::move(pages);
}

void FileTask::report_verity() {
  const VerityPlan& plan = *plan_.verity;
  report::VerityResult result;
  if (!plan.descriptor) {
    result.status = "malformed";
    result.signature = "unchecked";  // whether there is one cannot be told
    add_damage(entry_, "fs-verity: " + plan.malformed);
    entry_.verity = std::move(result);
    return;
  }
  const verity::Descriptor& descriptor = *plan.descriptor;
  result.status = faults_.empty() ? "verified" : "mismatch";
  result.algorithm = verity::algorithm_name(descriptor.algorithm);
  result.block_size = descriptor.block_size;
  result.salt = to_hex(descriptor.salt);
  result.digest = to_hex(plan.file_digest);
  for (const Finding& finding : plan.findings) entry_.problems.push_back("fs-verity: " + finding);
  result.odd = !plan.findings.empty();
  if (plan.refused_at_end) add_damage(entry_, "fs-verity: a kernel refuses the last page for such bytes");
  for (const verity::TreeFault& fault : plan.step->tree_faults()) {
    result.tree.push_back({{fault.range.offset, fault.range.length},
                           fault.level,
                           fault.index,
                           {fault.covers.offset, fault.covers.length},
                           fault.recomputed,
                           fault.reason});
    add_damage(entry_, "fs-verity: " + tree_damage(result.tree.back()));
  }
  if (plan.step->has_more_tree_faults()) {
    add_damage(entry_, "fs-verity: further blocks of its Merkle tree are wrong; only the first " +
                           std::to_string(verity::kMaxTreeFaults) + " are listed");
  }
  if (descriptor.data_size == 0 && !all_zero(descriptor.root_hash)) {
    result.status = "mismatch";
    add_damage(entry_, "fs-verity: the descriptor's root hash does not match an empty file, whose root hash is zeros");
  }
  report_signature(descriptor, plan.file_digest, context_.options, result, entry_.problems);
  entry_.verity = std::move(result);
}

void FileTask::report_runs() {
  entry_.runs.emplace();
  if (!plan_.map) return;
  entry_.runs =
      file_runs(*plan_.map, plan_.reader->size(), *context_.volume.source(), item_.inode->facts().compression);
}

}  // namespace coldread::extract
