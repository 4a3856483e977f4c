#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/report/sidecar.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// How a filesystem finds fs-verity metadata that it keeps in the file: past EOF, up to `mapped_end` (bytes), read by
/// `past_eof`, which decrypts.
using FindVerity = std::function<Result<volume::VerityLocation>(
    const report::SidecarFilesystem& filesystem, const volume::InodeFacts& facts, std::uint64_t mapped_end,
    const read::Reader& past_eof)>;

/// A locked entry's ciphertext and what a report tells of it, as a volume that holds this one inode: what it was in its
/// filesystem, as far as its content goes. So it is read as it would have been there.
class SidecarVolume final : public volume::Volume {
 public:
  /// `stored` is the ciphertext of a file. Errors: kCorrupt (what the report says cannot be, or is not of `stored`).
  [[nodiscard]] static Result<std::unique_ptr<const SidecarVolume>> make(
      const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry,
      std::shared_ptr<const source::BlockSource> stored, FindVerity find_verity);

  [[nodiscard]] const volume::VolumeFacts& facts() const override { return facts_; }
  [[nodiscard]] InodeNumber root() const override { return inode_->facts().number; }
  [[nodiscard]] const volume::Inode& inode() const { return *inode_; }
  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> inode(InodeNumber number) const override;
  [[nodiscard]] volume::InodeList inodes_in_use(InodeNumber /*first*/) const override { return {}; }
  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> nameless_inode(InodeNumber number) const override {
    return inode(number);
  }
  [[nodiscard]] volume::OldInodes old_inodes() const override { return {}; }
  [[nodiscard]] Findings check_metadata() const override { return {}; }
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() const override { return source_; }

 private:
  SidecarVolume(volume::VolumeFacts facts, std::unique_ptr<const volume::Inode> inode,
                std::shared_ptr<const source::BlockSource> source)
      : facts_(std::move(facts)), inode_(std::move(inode)), source_(std::move(source)) {}

  volume::VolumeFacts facts_;
  std::unique_ptr<const volume::Inode> inode_;
  std::shared_ptr<const source::BlockSource> source_;
};

}  // namespace coldread::extract
