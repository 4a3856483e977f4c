#include "fs/ext4/volume.hpp"

#include <string>
#include <utility>

#include "fs/ext4/bitmaps.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/find_superblock.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/inodes_in_use.hpp"
#include "fs/ext4/recovery.hpp"
#include "fs/ext4/volume_facts.hpp"

namespace coldread::ext4 {
namespace {

class Ext4Volume final : public volume::Volume {
 public:
  /// `recovered` is false for a filesystem that needs its journal and is read without all of it.
  Ext4Volume(std::shared_ptr<const Filesystem> filesystem, volume::VolumeFacts facts, bool recovered)
      : filesystem_(std::move(filesystem)), facts_(std::move(facts)), recovered_(recovered) {}

  [[nodiscard]] const volume::VolumeFacts& facts() const override { return facts_; }
  [[nodiscard]] InodeNumber root() const override { return {kRootInode}; }
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() const override { return filesystem_->source; }
  [[nodiscard]] Findings check_metadata() const override {
    // What is newer may be in the journal alone: such metadata need not agree with itself before it is replayed.
    return recovered_ ? check_groups(*filesystem_) : Findings{};
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
  bool recovered_;
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
  facts.replay = std::move(recovered->facts);
  facts.findings.insert(facts.findings.end(), recovered->findings.begin(), recovered->findings.end());
  const bool whole = !facts.replay.needed || (options.replay && facts.replay.whole);
  return std::make_shared<const Ext4Volume>(std::move(recovered->filesystem), std::move(facts), whole);
}

}  // namespace coldread::ext4
