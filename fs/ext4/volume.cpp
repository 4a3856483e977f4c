#include "fs/ext4/volume.hpp"

#include <string>
#include <utility>

#include "fs/ext4/bitmaps.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/find_superblock.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/inodes_in_use.hpp"
#include "fs/ext4/journal_state.hpp"
#include "fs/ext4/volume_facts.hpp"

namespace coldread::ext4 {
namespace {

class Ext4Volume final : public volume::Volume {
 public:
  Ext4Volume(std::shared_ptr<const Filesystem> filesystem, volume::VolumeFacts facts)
      : filesystem_(std::move(filesystem)), facts_(std::move(facts)) {}

  [[nodiscard]] const volume::VolumeFacts& facts() const override { return facts_; }
  [[nodiscard]] InodeNumber root() const override { return {kRootInode}; }
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() const override { return filesystem_->source; }
  [[nodiscard]] Findings check_metadata() const override {
    // As it lies, before its journal is replayed, such metadata is not expected to agree with itself.
    return facts_.replay_needed ? Findings{} : check_groups(*filesystem_);
  }

  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> inode(InodeNumber number) const override {
    // The journal, quota files and their like belong to the filesystem: no directory names them.
    if (number.value < filesystem_->superblock().first_inode && number.value != kRootInode) {
      return fail(ErrorKind::kCorrupt, "inode " + std::to_string(number.value),
                  "it is reserved for the filesystem itself");
    }
    return make(read_inode(*filesystem_, number));
  }

  [[nodiscard]] volume::InodeList inodes_in_use(InodeNumber first) const override {
    const Superblock& s = filesystem_->superblock();
    if (first.value == 0 || first.value > s.inodes_count) return {};
    return ext4::inodes_in_use(*filesystem_, static_cast<std::uint32_t>((first.value - 1) / s.inodes_per_group));
  }

  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> nameless_inode(InodeNumber number) const override {
    auto record = read_inode(*filesystem_, number, Unlinked::kTake);
    if (record && record->has(kEaInodeFlag)) {
      return fail(ErrorKind::kNotFound, record->where(), "it holds an attribute's value");
    }
    return make(std::move(record));
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> make(Result<InodeRecord> record) const {
    if (!record) return fail(std::move(record.error()));
    return std::make_unique<const Ext4Inode>(filesystem_, *std::move(record));
  }

  std::shared_ptr<const Filesystem> filesystem_;
  volume::VolumeFacts facts_;
};

/// An error where the filesystem cannot be read because of a feature.
Result<void> check_features(const Features& features) {
  std::string names;
  for (const std::string& name : unread_features(features)) names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) return {};
  return fail(ErrorKind::kUnsupported, "ext4",
              "the filesystem uses " + names + ", which this version does not read yet");
}

}  // namespace

Result<std::shared_ptr<const volume::Volume>> open(std::shared_ptr<const source::BlockSource> source,
                                                   OpenOptions options) {
  auto found = find_superblock(*source);
  if (!found) return fail(std::move(found.error()));
  if (auto read = check_features(found->superblock.features); !read) return fail(std::move(read.error()));

  const auto filesystem = std::make_shared<const Filesystem>(Filesystem{std::move(source), *std::move(found)});
  volume::VolumeFacts facts = volume_facts(*filesystem);
  const bool flagged = (filesystem->superblock().features.incompat & kIncompatNeedsRecovery) != 0;
  // Backups are written with needs_recovery off, so behind one the journal itself is asked.
  if (flagged || (filesystem->found.group != 0 && journal_in_use(filesystem))) {
    if (options.replay) {
      return fail(ErrorKind::kUnsupported, "ext4",
                  "the filesystem needs_recovery: its journal was not replayed, which this version does not do yet; "
                  "--no-replay reads the filesystem as it lies");
    }
    facts.replay_needed = true;
    facts.replay_kind = "journal";
  }
  return std::make_shared<const Ext4Volume>(filesystem, std::move(facts));
}

}  // namespace coldread::ext4
