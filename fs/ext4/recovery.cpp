#include "fs/ext4/recovery.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/little_endian.hpp"
#include "core/base/text.hpp"
#include "fs/ext4/changed_inodes.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/journal.hpp"
#include "fs/ext4/journal_find.hpp"

namespace coldread::ext4 {
namespace {

tl::unexpected<Error> journal_is_elsewhere(const Superblock& superblock) {
  return fail(ErrorKind::kUnsupported, "ext4",
              "the filesystem needs_recovery, and its journal is on another device, with the UUID " +
                  format_uuid(std::as_bytes(std::span(superblock.raw.s_journal_uuid))) +
                  "; give that with --journal FILE, or --no-replay to read the filesystem as it lies");
}

Result<FoundJournal> find_journal(const std::shared_ptr<const Filesystem>& filesystem, const OpenOptions& options) {
  if (!has_external_journal(filesystem->superblock())) return find_inode_journal(filesystem);
  if (options.journal == nullptr) return journal_is_elsewhere(filesystem->superblock());
  return open_external_journal(filesystem->superblock(), options.journal);
}

/// The filesystem over what replay made of its bytes, its superblock read anew.
std::shared_ptr<const Filesystem> reread(const Filesystem& before, std::shared_ptr<const source::BlockSource> source,
                                         Findings& findings) {
  auto found = find_superblock(*source);
  std::string problem;
  if (!found) {
    problem = found.error().message();
  } else if (auto read = check_features(found->superblock.features); !read) {
    problem = read.error().message();
  } else if (found->superblock.block_size != before.block_size()) {
    problem = "its block size is another one";
  }
  if (!problem.empty()) {
    findings.push_back("the superblock that the journal brings cannot be used (" + problem +
                       "); the one before replay is");
    return std::make_shared<const Filesystem>(Filesystem{std::move(source), before.found});
  }
  // What was wrong before replay stays a finding; what replay mended is not said of the later state.
  for (const Finding& finding : before.found.findings) {
    if (std::find(found->findings.begin(), found->findings.end(), finding) == found->findings.end()) {
      findings.push_back("before replay: " + finding);
    }
  }
  return std::make_shared<const Filesystem>(Filesystem{std::move(source), *std::move(found)});
}

void name_inodes(Recovery& recovery, const source::BlockSource& before, const std::vector<std::uint64_t>& blocks) {
  ChangedInodes changed = changed_inodes(*recovery.filesystem, before, blocks);
  if (!changed.known)
    recovery.findings.emplace_back("the inodes that replay changed were not looked for: too many groups");
  recovery.facts.blocks = blocks.size();
  recovery.facts.inodes = std::move(changed.numbers);
  recovery.facts.inodes_total = changed.total;
}

/// Says where fast commits go on from the log.
void note_fast_commits(Recovery& recovery, const FastCommitArea& area) {
  // struct ext4_fc_tl, little-endian, and in the first block struct ext4_fc_head (journal.rst, "Fast commits").
  constexpr std::uint16_t kHeadTag = 9;
  constexpr std::uint64_t kTidOffset = 8;
  const auto block = area.read(0);
  if (!block || ByteView(*block).load<Le16>(0)->get() != kHeadTag) return;
  if (ByteView(*block).load<Le32>(kTidOffset)->get() != area.expected_tid) return;
  recovery.facts.whole = false;
  recovery.findings.push_back(area.log->where(area.first) + ": fast commits of transaction " +
                              std::to_string(area.expected_tid) + " follow the log; they are not applied");
}

void replay(Recovery& recovery, const std::shared_ptr<const JournalLog>& log) {
  const std::shared_ptr<const Filesystem> before = recovery.filesystem;
  JournalReplay replayed = replay_journal(*before, log);
  recovery.facts.applied = replayed.applied;
  recovery.facts.transactions = replayed.transactions;
  recovery.facts.revoked = replayed.revoked;
  recovery.facts.whole = replayed.findings.empty();
  recovery.findings.insert(recovery.findings.end(), replayed.findings.begin(), replayed.findings.end());
  if (replayed.source != before->source) {
    recovery.filesystem = reread(*before, std::move(replayed.source), recovery.findings);
  }
  if (replayed.fast_commits) note_fast_commits(recovery, *replayed.fast_commits);
  name_inodes(recovery, *before->source, replayed.changed_blocks);
}

}  // namespace

Result<void> check_features(const Features& features) {
  std::string names;
  for (const std::string& name : unread_features(features)) names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) return {};
  return fail(ErrorKind::kUnsupported, "ext4",
              "the filesystem uses " + names + ", which this version does not read yet");
}

Result<Recovery> recover(const std::shared_ptr<const Filesystem>& filesystem, const OpenOptions& options) {
  Recovery recovery{filesystem, {}, {}};
  const Superblock& s = filesystem->superblock();
  const bool flagged = (s.features.incompat & kIncompatNeedsRecovery) != 0;
  if (!(s.features.compat & kCompatHasJournal)) {
    if (flagged) recovery.findings.emplace_back("the superblock has needs_recovery, and the filesystem has no journal");
    return recovery;
  }
  const bool ask_journal = !flagged && filesystem->found.group != 0;
  const bool wrong_device_matters = options.journal != nullptr && has_external_journal(s);
  if (!flagged && !ask_journal && !wrong_device_matters) return recovery;
  recovery.facts.needed = flagged;
  if (flagged) recovery.facts.kind = "journal";
  if (!options.replay && !ask_journal) return recovery;

  auto journal = find_journal(filesystem, options);
  if (!journal) {
    if (has_external_journal(s) && (flagged || options.journal != nullptr)) return fail(std::move(journal.error()));
    recovery.facts.whole = false;
    recovery.findings.push_back((flagged ? "the journal cannot be replayed, and the filesystem is read as it lies: "
                                         : "whether the journal was replayed is not known: ") +
                                journal.error().message());
    return recovery;
  }
  if (!flagged && !(ask_journal && journal->log->superblock().start != 0)) return recovery;
  recovery.facts.needed = true;
  recovery.facts.kind = "journal";
  if (!options.replay) return recovery;
  recovery.findings = std::move(journal->findings);
  replay(recovery, journal->log);
  return recovery;
}

}  // namespace coldread::ext4
