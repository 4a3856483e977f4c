#include "fs/f2fs/volume.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "core/source/joined_source.hpp"
#include "fs/f2fs/block_use.hpp"
#include "fs/f2fs/find_superblock.hpp"
#include "fs/f2fs/inode.hpp"
#include "fs/f2fs/nat.hpp"
#include "fs/f2fs/recovered_nodes.hpp"
#include "fs/f2fs/roll_forward.hpp"
#include "fs/f2fs/volume_facts.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::size_t kMaxInodesTold = 1000;

class F2fsVolume final : public volume::Volume {
 public:
  F2fsVolume(std::shared_ptr<const Filesystem> filesystem, volume::VolumeFacts facts)
      : filesystem_(std::move(filesystem)), facts_(std::move(facts)) {}

  [[nodiscard]] const volume::VolumeFacts& facts() const override { return facts_; }
  [[nodiscard]] InodeNumber root() const override { return {kRootIno}; }
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() const override { return filesystem_->source; }

  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> inode(InodeNumber number) const override {
    auto record = read_inode(*filesystem_, number);
    if (!record) return fail(std::move(record.error()));
    if (record->facts.links == 0) return fail(ErrorKind::kCorrupt, record->where(), "it is not in use");
    return std::make_unique<const F2fsInode>(filesystem_, *std::move(record));
  }

  /// Node numbers of one NAT block, of nodes that are inodes.
  [[nodiscard]] volume::InodeList inodes_in_use(InodeNumber first) const override;

  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> nameless_inode(InodeNumber number) const override {
    const std::string where = "inode " + std::to_string(number.value);
    if (filesystem_->recovered && filesystem_->recovered->is_gone(static_cast<std::uint32_t>(number.value))) {
      return fail(ErrorKind::kNotFound, where, "mounting deletes it");
    }
    auto record = read_inode(*filesystem_, number);
    if (!record) return fail(std::move(record.error()));
    return std::make_unique<const F2fsInode>(filesystem_, *std::move(record));
  }

  [[nodiscard]] volume::OldInodes old_inodes() const override {
    return {{}, {"older versions of inodes are not looked for on f2fs; names that remain in directories are"}};
  }

  [[nodiscard]] Findings check_metadata() const override {
    const BlockUse& use = *filesystem_->use;
    Findings findings = use.findings();
    const std::uint64_t counted = filesystem_->checkpoint.raw.valid_block_count;
    // It counts blocks too that are reserved and have no place yet, which the SIT does not.
    if (findings.empty() && use.count() > counted) {
      findings.push_back("the checkpoint counts " + std::to_string(counted) + " blocks in use, and the SIT " +
                         std::to_string(use.count()));
    }
    return findings;
  }

 private:
  std::shared_ptr<const Filesystem> filesystem_;
  volume::VolumeFacts facts_;
};

volume::InodeList F2fsVolume::inodes_in_use(InodeNumber first) const {
  const Superblock& s = filesystem_->superblock();
  volume::InodeList list;
  if (first.value == 0 || first.value >= s.max_nid) return list;
  const std::uint32_t per_block = s.nat_entries_per_block();
  const auto index = static_cast<std::uint32_t>(first.value / per_block);
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{index + 1} * per_block, s.max_nid);
  const auto is_quota = [&](std::uint64_t nid) {
    return std::any_of(s.raw.qf_ino.begin(), s.raw.qf_ino.end(), [nid](const Le32& ino) { return ino == nid; });
  };
  Bytes block(s.block_size);
  const auto done =
      source::read_exactly(*filesystem_->source, nat_block_offset(s, filesystem_->checkpoint, index), block);
  if (!done) list.findings.push_back("NAT block " + std::to_string(index) + ": " + done.error().message());
  for (std::uint64_t nid = first.value; nid < end; ++nid) {
    if (nid < kFirstInode || is_quota(nid)) continue;
    const auto& journal = filesystem_->journals.nat;
    const auto journaled = journal.find(static_cast<std::uint32_t>(nid));
    const RawNatEntry entry = journaled != journal.end()
                                  ? journaled->second
                                  : *ByteView(block).load<RawNatEntry>(nid % per_block * sizeof(RawNatEntry));
    const bool written = entry.block_addr != kNullAddr && entry.block_addr != kNewAddr;
    const bool recovered =
        filesystem_->recovered && filesystem_->recovered->inodes.contains(static_cast<std::uint32_t>(nid));
    if ((written && entry.ino == nid) || recovered) list.inodes.push_back({nid});
  }
  if (end < s.max_nid) list.next.value = end;
  return list;
}

/// All devices, one behind the other.
Result<std::shared_ptr<const source::BlockSource>> join(std::shared_ptr<const source::BlockSource> first,
                                                        const Superblock& s, const OpenOptions& options) {
  if (s.devices.empty()) return first;
  if (options.devices.size() + 1 != s.devices.size()) {
    std::string paths;
    for (std::size_t i = 1; i < s.devices.size(); ++i) paths += (i == 1 ? "" : ", ") + s.devices[i].path;
    return fail(ErrorKind::kUnsupported, "f2fs",
                "the filesystem spans " + std::to_string(s.devices.size()) + " devices and " +
                    std::to_string(options.devices.size() + 1) +
                    " were given; give each further one with --device, in this order: " + paths);
  }
  std::vector<source::JoinedSource::Member> members;
  members.push_back({std::move(first), s.byte_of(s.devices.front().blocks)});
  for (std::size_t i = 1; i < s.devices.size(); ++i) {
    members.push_back({options.devices[i - 1], s.byte_of(s.devices[i].blocks)});
  }
  return std::make_shared<const source::JoinedSource>(std::move(members));
}

Result<void> check_features(const Superblock& s) {
  const std::uint32_t unknown = unknown_features(s.raw.feature);
  if (unknown == 0) return {};
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%x", unknown);
  return fail(ErrorKind::kUnsupported, "f2fs", std::string("the filesystem uses unknown features, ") + hex.data());
}

/// Brings the filesystem to the state that mounting would, and tells what that took.
void recover(std::shared_ptr<const Filesystem>& filesystem, volume::VolumeFacts& facts, const OpenOptions& options) {
  // Mounting deletes orphans of a checkpoint that checkpoint=disable made, too, but does not roll it forward.
  RollForward forward = filesystem->checkpoint.has(kCpDisabledFlag) ? RollForward() : roll_forward(filesystem);
  const std::vector<std::uint32_t> orphans = read_orphans(*filesystem, facts.findings);
  volume::ReplayFacts& replay = facts.replay;
  replay.needed = forward.needed;
  if (forward.needed) replay.kind = "roll-forward";
  if (!options.replay) return;
  if (!forward.nodes && orphans.empty()) return;
  auto nodes = forward.nodes ? std::move(forward.nodes) : std::make_shared<RecoveredNodes>();
  nodes->gone.insert(orphans.begin(), orphans.end());
  replay.applied = forward.applied;
  replay.whole = forward.whole;
  replay.names = forward.names;
  replay.orphans_removed = orphans.size();
  replay.inodes_total = nodes->inodes.size();
  for (const auto& [ino, inode] : nodes->inodes) {
    if (replay.inodes.size() < kMaxInodesTold) replay.inodes.push_back(ino);
  }
  facts.findings.insert(facts.findings.end(), forward.findings.begin(), forward.findings.end());
  Filesystem after = *filesystem;
  after.recovered = std::move(nodes);
  filesystem = std::make_shared<const Filesystem>(std::move(after));
}

}  // namespace

bool has_superblock(const source::BlockSource& source) {
  const auto found = find_superblock(source);
  return found || found.error().kind == ErrorKind::kCorrupt;
}

Result<std::shared_ptr<const volume::Volume>> open(std::shared_ptr<const source::BlockSource> source,
                                                   const OpenOptions& options) {
  auto found = find_superblock(*source);
  if (!found) return fail(std::move(found.error()));
  const Superblock& s = found->superblock;
  if (auto known = check_features(s); !known) return fail(std::move(known.error()));
  auto joined = join(std::move(source), s, options);
  if (!joined) return fail(std::move(joined.error()));

  const CheckpointPacks packs = read_checkpoints(**joined, s);
  const auto chosen = choose_checkpoint(packs, options.checkpoint);
  if (!chosen) return fail(chosen.error());
  SummaryJournals journals = read_summary_journals(**joined, s, **chosen);
  auto use = std::make_shared<const BlockUse>(**joined, s, **chosen, journals);
  std::shared_ptr<const BlockUse> newer_use;
  const auto newest = choose_checkpoint(packs, std::nullopt);
  if (newest && *newest != *chosen) {
    newer_use = std::make_shared<const BlockUse>(**joined, s, **newest, read_summary_journals(**joined, s, **newest));
  }
  std::shared_ptr<const Filesystem> filesystem = std::make_shared<const Filesystem>(Filesystem{
      *std::move(joined), *std::move(found), **chosen, std::move(journals), nullptr, newer_use, std::move(use)});
  volume::VolumeFacts facts = volume_facts(*filesystem, packs);
  if (newer_use) {
    facts.findings.push_back("read by checkpoint " + std::to_string((*chosen)->version()) + ", which is older than " +
                             std::to_string((*newest)->version()) + ": what that one freed may have been overwritten");
  } else {
    recover(filesystem, facts, options);
  }
  return std::make_shared<const F2fsVolume>(std::move(filesystem), std::move(facts));
}

}  // namespace coldread::f2fs
