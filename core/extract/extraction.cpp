#include "core/extract/extraction.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <utility>

#include "core/base/text.hpp"
#include "core/extract/ciphertext.hpp"
#include "core/extract/entry_record.hpp"
#include "core/extract/signature_record.hpp"
#include "core/extract/worker_pool.hpp"

namespace coldread::extract {
namespace {

/// How many entries may wait for one that is still being read, so that memory does not grow with the number of entries.
constexpr std::size_t kMaxWaiting = 512;

/// An inode, and what is taken of it: content and ciphertext are different files.
using FileId = std::pair<std::uint64_t, Take>;

/// One entry between the walk and the report.
struct Slot {
  WalkItem item;
  report::Entry entry;
  SinkEntry out;                               ///< of a further name: what the sink is told
  std::shared_ptr<WorkerPool::Ticket> ticket;  ///< of a file whose content is read
  std::optional<FileId> first_of;              ///< what this is the first name of, where there are more
  bool matters = true;                         ///< its not being `ok` is a finding
  bool dropped = false;                        ///< the output failed at it: it is not reported
  std::optional<FileId> further_name_of;       ///< its content is that of an earlier entry
};

/// What further names of an inode take over from the first one.
struct FirstName {
  report::Entry entry;
  std::optional<std::string> placed_path;
  std::uint64_t names_left = 0;  ///< that the walk may still come to, by the inode's count
  std::uint64_t waiting = 0;     ///< further names that the walk came to and that are not settled
};

void say_unverified(const WalkItem& item, report::Entry& entry) {
  const volume::InodeFacts& facts = item.inode->facts();
  if (facts.type != volume::FileType::kFile || !facts.verity || !item.locked()) return;
  entry.problems.emplace_back("fs-verity was not checked: the key is missing");
}

class Run {
 public:
  Run(const volume::Volume& volume, const fscrypt::KeyRing& keys, PathSelection& selection,
      const ExtractOptions& options, Sink* sink, Progress& progress, const std::atomic<bool>& interrupt,
      const std::function<Result<void>(const report::Entry&)>& on_entry)
      : context_{volume, options, sink, progress, {}, {}, false},
        walker_(volume, keys, selection),
        interrupt_(interrupt),
        on_entry_(on_entry),
        pool_(context_, options.jobs) {
    if (options.orphans != nullptr) walker_.add_orphans(*options.orphans);
    if (options.deleted != nullptr) walker_.add_deleted(*options.deleted);
  }

  Outcome go();

 private:
  void look_for_interrupt();
  void take(WalkItem item);
  void take_file(Slot& slot, Take take);
  void take_facts(Slot& slot, bool unwanted);
  void place(Slot& slot);
  void place(Result<Placed> placed, Slot& slot);
  void read_target(const WalkItem& item, report::Entry& entry);
  void hand_out(bool all);
  bool settle(Slot& slot);
  void settle_further_name(Slot& slot);
  void hold_against_list(Slot& slot);
  void count(const Slot& slot);
  void end();

  TaskContext context_;
  TreeWalker walker_;
  const std::atomic<bool>& interrupt_;
  const std::function<Result<void>(const report::Entry&)>& on_entry_;
  PolicyTable policies_;
  std::deque<Slot> slots_;
  std::map<FileId, FirstName> first_names_;
  Outcome outcome_;
  WorkerPool pool_;  ///< last: its threads end before what they use
};

void Run::look_for_interrupt() {
  if (interrupt_) context_.stop = true;
}

Outcome Run::go() {
  for (look_for_interrupt(); !context_.stop; look_for_interrupt()) {
    auto item = walker_.next();
    if (!item) break;
    take(std::move(*item));
    hand_out(false);
  }
  hand_out(true);
  end();
  return std::move(outcome_);
}

void Run::take(WalkItem item) {
  const ExtractOptions& options = context_.options;
  Slot slot;
  slot.entry = describe(item, policies_);
  slot.item = std::move(item);
  const bool undecided = is_ciphertext(slot.item) || slot.item.locked();
  if (options.ciphertext && undecided) slot.entry.ciphertext = describe_ciphertext(context_.volume, slot.item);
  const bool readable = slot.item.inode != nullptr && !slot.item.error;
  const volume::FileType type = readable ? slot.item.inode->facts().type : volume::FileType::kUnknown;
  const bool is_directory = type == volume::FileType::kDir;
  const bool unwanted = !options.filter.wants(slot.item.path, is_directory) ||
                        (options.only_verity && !is_directory && !(readable && slot.item.inode->facts().verity));
  slot.matters = !options.only_verity || !slot.item.locked() || (readable && slot.item.inode->facts().verity);
  if (unwanted && slot.entry.status != "error") slot.entry.status = "skipped";

  if (!unwanted && readable && type == volume::FileType::kFile && !slot.item.locked()) {
    take_file(slot, Take::kContent);
  } else if (!unwanted && context_.sink != nullptr && slot.entry.ciphertext && slot.entry.ciphertext->context &&
             slot.item.inode->facts().type == volume::FileType::kFile) {
    say_unverified(slot.item, slot.entry);
    take_file(slot, Take::kCiphertext);
  } else if (readable) {
    take_facts(slot, unwanted);
  }
  slots_.push_back(std::move(slot));
}

void Run::take_facts(Slot& slot, bool unwanted) {
  const volume::FileType type = slot.item.inode->facts().type;
  const bool is_directory = type == volume::FileType::kDir;
  if (type == volume::FileType::kSymlink) read_target(slot.item, slot.entry);
  const volume::Xattrs xattrs = slot.item.inode->xattrs();
  add_xattrs(xattrs, slot.entry);
  say_unverified(slot.item, slot.entry);
  if (type == volume::FileType::kFile && slot.entry.ciphertext && !unwanted) {
    slot.entry.problems.emplace_back("its ciphertext was not written: its name is locked, and its content is not");
  }
  // A locked directory has names that tell what it is, and the ciphertext below it needs a place.
  const bool hidden = slot.item.locked() && !(is_directory && context_.options.ciphertext);
  if (!unwanted && !hidden && context_.sink != nullptr) place(slot);
  if (is_directory) slot.item.inode.reset();
}

void Run::take_file(Slot& slot, Take take) {
  const volume::InodeFacts& facts = slot.item.inode->facts();
  // Names are chosen here, in the order of the walk, so that they do not depend on which worker is first.
  SinkEntry out = sink_entry(slot.item);
  if (take == Take::kCiphertext) out.suffix = kCiphertextSuffix;
  if (context_.sink != nullptr) {
    if (auto named = context_.sink->name(out); !named) {
      context_.stop_with(std::move(named.error()));
      slot.dropped = true;
      return;
    }
  }
  if (facts.links > 1 && !slot.item.deleted) {  // an older version is nobody's further name
    const FileId id{facts.number.value, take};
    const auto [first, is_new] = first_names_.try_emplace(id);
    if (!is_new) {
      if (first->second.names_left > 0) --first->second.names_left;
      ++first->second.waiting;
      slot.further_name_of = id;
      slot.out = std::move(out);
      return;
    }
    first->second.names_left = facts.links - 1;
    slot.first_of = id;
  }
  context_.progress.bytes_planned += facts.size;
  WalkItem item;
  item.path = slot.item.path;
  item.number = slot.item.number;
  item.inode = slot.item.inode;
  item.encryption = slot.item.encryption;
  slot.ticket =
      pool_.submit(std::make_unique<FileTask>(context_, std::move(item), std::move(slot.entry), std::move(out), take));
}

void Run::read_target(const WalkItem& item, report::Entry& entry) {
  auto link = read_link(context_.volume, *item.inode, item.encryption ? &*item.encryption : nullptr);
  if (!link) {
    add_damage(entry, "its target cannot be read: " + link.error().message());
    return;
  }
  entry.target = std::move(link->target);
  entry.size = link->size;
}

void Run::place(Slot& slot) {
  SinkEntry out = sink_entry(slot.item);
  for (const auto& [name, value] : slot.entry.xattrs) out.xattrs.push_back({name, ByteView(as_bytes(value)).copy()});
  switch (slot.item.inode->facts().type) {
    case volume::FileType::kDir: return place(context_.sink->directory(out), slot);
    case volume::FileType::kSymlink:
      if (!slot.entry.target) return;
      out.target = *slot.entry.target;
      return place(context_.sink->symlink(out), slot);
    case volume::FileType::kChr:
    case volume::FileType::kBlk:
    case volume::FileType::kFifo:
    case volume::FileType::kSock: return place(context_.sink->special(out), slot);
    case volume::FileType::kFile:
    case volume::FileType::kUnknown: return;
  }
}

void Run::place(Result<Placed> placed, Slot& slot) {
  if (!placed) {
    context_.stop_with(std::move(placed.error()));
    slot.dropped = true;
    return;
  }
  slot.entry.written_as = placed->written_as;
  if (placed->skipped && slot.entry.status == "ok") slot.entry.status = "skipped";
  // What was asked for and could not be written is a finding; what is left out by its type is not.
  if (placed->skipped && !placed->problems.empty()) outcome_.findings = true;
  for (std::string& problem : placed->problems) slot.entry.problems.push_back(std::move(problem));
}

/// Hands out the entries whose turn it is. Waits for those that are not whole where `all` is true or too many wait.
void Run::hand_out(bool all) {
  while (!slots_.empty()) {
    Slot& slot = slots_.front();
    if (slot.ticket) {
      if (all || slots_.size() > kMaxWaiting) {
        while (!pool_.wait_until_done(*slot.ticket, std::chrono::milliseconds(100))) look_for_interrupt();
      } else if (!pool_.is_done(*slot.ticket)) {
        return;
      }
    }
    if (settle(slot)) {
      count(slot);
      if (auto done = on_entry_(slot.entry); !done) context_.stop_with(std::move(done.error()));
    }
    slots_.pop_front();
  }
}

/// Completes the entry; false where it never became whole, because the run was stopped.
bool Run::settle(Slot& slot) {
  if (slot.dropped) return false;
  if (slot.ticket) {
    FileTask& task = *slot.ticket->task;
    if (task.failed()) return false;
    slot.entry = std::move(task.entry());
    if (slot.entry.status == "skipped") outcome_.findings = true;  // the output could not hold it
    if (slot.first_of) {
      FirstName& first = first_names_.at(*slot.first_of);
      first.entry = slot.entry;
      first.placed_path = task.placed_path();
    }
    hold_against_list(slot);
    return true;
  }
  if (slot.further_name_of) {
    if (!first_names_.at(*slot.further_name_of).entry.has_facts) return false;
    settle_further_name(slot);
    if (slot.dropped) return false;
  }
  hold_against_list(slot);
  return true;
}

void Run::settle_further_name(Slot& slot) {
  const auto at = first_names_.find(*slot.further_name_of);
  FirstName& first = at->second;
  report::Entry entry = first.entry;
  entry.path = slot.entry.path;
  entry.written_as.reset();
  for (const std::string& problem : slot.item.problems) add_damage(entry, problem);
  if (entry.ciphertext && slot.entry.ciphertext) {
    entry.ciphertext->name = std::move(slot.entry.ciphertext->name);
    for (const std::string& problem : slot.item.problems) entry.ciphertext->problems.push_back(problem);
  }
  slot.entry = std::move(entry);
  if (context_.sink != nullptr && first.placed_path) {
    place(context_.sink->hard_link(slot.out, *first.placed_path), slot);
  }
  if (--first.waiting == 0 && first.names_left == 0) first_names_.erase(at);
}

void Run::hold_against_list(Slot& slot) {
  const ExtractOptions& options = context_.options;
  if (options.list != nullptr && options.list->hold(options.partition, slot.item, slot.entry)) outcome_.findings = true;
}

void Run::count(const Slot& slot) {
  const report::Entry& entry = slot.entry;
  outcome_.summary.add(entry);
  if (entry.encryption) policies_.count(entry.encryption->policy);
  if (slot.matters && !entry.recovered && entry.status != "ok" && entry.status != "skipped") outcome_.findings = true;
  if (entry.verity && is_signature_finding(*entry.verity, context_.options)) outcome_.findings = true;
  if (entry.verity && entry.verity->odd) outcome_.findings = true;
  ++context_.progress.entries;
}

void Run::end() {
  if (context_.sink != nullptr) {
    auto finished = context_.sink->finish();
    if (!finished) {
      context_.stop_with(std::move(finished.error()));
    } else {
      for (std::string& problem : *finished) outcome_.problems.push_back(std::move(problem));
    }
  }
  outcome_.policies = policies_.records();
  const std::lock_guard lock(context_.mutex);
  outcome_.output_error = context_.output_error;
  outcome_.interrupted = interrupt_ && !context_.output_error;
}

}  // namespace

Outcome extract(const volume::Volume& volume, const fscrypt::KeyRing& keys, PathSelection& selection,
                const ExtractOptions& options, Sink* sink, Progress& progress, const std::atomic<bool>& interrupt,
                const std::function<Result<void>(const report::Entry&)>& on_entry) {
  return Run(volume, keys, selection, options, sink, progress, interrupt, on_entry).go();
}

}  // namespace coldread::extract
