#include "fs/ext4/volume.hpp"

#include <string>
#include <utility>

#include "fs/ext4/bitmaps.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/find_superblock.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/inodes_in_use.hpp"
#include "fs/ext4/lazy_history.hpp"
#include "fs/ext4/old_inodes.hpp"
#include "fs/ext4/recovery.hpp"
#include "fs/ext4/recovery_edits.hpp"
#include "fs/ext4/volume_facts.hpp"

namespace coldread::ext4 {
namespace {

class Ext4Volume final : public volume::Volume {
 public:
  /// `replayed` is false for a filesystem that needs its journal and is read without all of it.
  Ext4Volume(std::shared_ptr<const Filesystem> filesystem, volume::VolumeFacts facts, bool replayed,
             std::shared_ptr<const LazyHistory> journal)
      : filesystem_(std::move(filesystem)),
        facts_(std::move(facts)),
        replayed_(replayed),
        journal_(std::move(journal)) {}

  [[nodiscard]] const volume::VolumeFacts& facts() const override { return facts_; }
  [[nodiscard]] InodeNumber root() const override { return {kRootInode}; }
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() const override { return filesystem_->source; }
  [[nodiscard]] volume::OldInodes old_inodes() const override {
    volume::OldInodes old = find_old_inodes(filesystem_, *journal_);
    if (!replayed_ && !old.list.empty()) {
      old.findings.emplace_back(
          "the filesystem is read as it lies, with its journal not replayed: files that are there after replay may own "
          "blocks that count as free");
    }
    return old;
  }
  [[nodiscard]] Findings check_metadata() const override {
    // As it lies, with its journal not replayed, such metadata is not expected to agree with itself.
    return replayed_ ? check_groups(*filesystem_) : Findings{};
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
    if (filesystem_->edits && filesystem_->edits->gone.contains(number.value)) {
      return fail(ErrorKind::kNotFound, "inode " + std::to_string(number.value), "recovery deletes it");
    }
    auto record = read_inode(*filesystem_, number, Unlinked::kTake);
    if (record && record->has(kEaInodeFlag)) {
      return fail(ErrorKind::kNotFound, record->where(), "it holds an attribute's value");
    }
    return make(std::move(record));
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> make(Result<InodeRecord> record) const {
    if (!record) return fail(std::move(record.error()));
    return std::make_unique<const Ext4Inode>(filesystem_, *std::move(record), journal_);
  }

  std::shared_ptr<const Filesystem> filesystem_;
  volume::VolumeFacts facts_;
  bool replayed_;
  std::shared_ptr<const LazyHistory> journal_;
};

}  // namespace

Result<std::shared_ptr<const volume::Volume>> open(std::shared_ptr<const source::BlockSource> source,
                                                   const OpenOptions& options) {
  auto found = find_superblock(*source);
  if (!found) return fail(std::move(found.error()));
  if (auto read = check_features(found->superblock.features); !read) return fail(std::move(read.error()));

  const auto lying = std::make_shared<const Filesystem>(Filesystem{std::move(source), *std::move(found)});
  auto recovered = recover(lying, options);
  if (!recovered) return fail(std::move(recovered.error()));
  volume::VolumeFacts facts = volume_facts(*recovered->filesystem);
  const bool replayed = !recovered->facts.needed || (options.replay && recovered->facts.whole);
  facts.replay = std::move(recovered->facts);
  facts.findings.insert(facts.findings.end(), recovered->findings.begin(), recovered->findings.end());
  return std::make_shared<const Ext4Volume>(std::move(recovered->filesystem), std::move(facts), replayed,
                                            std::make_shared<const LazyHistory>(lying, options.journal));
}

}  // namespace coldread::ext4
