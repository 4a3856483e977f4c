#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/volume/volume.hpp"
#include "tests/support/sparse_source.hpp"

namespace coldread::test {

/// An inode whose parts are what a test says.
struct FakeInode {
  volume::InodeFacts facts;
  Bytes context;                          ///< its fscrypt context, where facts.encrypted
  std::vector<volume::DirEntry> entries;  ///< of a directory
  std::vector<read::Extent> extents;      ///< of a file
  std::optional<volume::VerityLocation> verity =
      {};  ///< where its fs-verity metadata lies, up to the end of the extents
};

/// A volume of such inodes; the root is inode 2.
class FakeVolume final : public volume::Volume {
 public:
  explicit FakeVolume(std::uint64_t size) : source_(std::make_shared<SparseSource>(size)) {}

  volume::VolumeFacts& facts_to_set() { return facts_; }
  SparseSource& bytes() { return *source_; }
  FakeInode& add(std::uint64_t number, volume::FileType type) {
    FakeInode& inode = inodes_[number];
    inode.facts.number = InodeNumber{number};
    inode.facts.type = type;
    inode.facts.links = 1;
    return inode;
  }

  [[nodiscard]] const volume::VolumeFacts& facts() const override { return facts_; }
  [[nodiscard]] InodeNumber root() const override { return InodeNumber{2}; }
  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> inode(InodeNumber number) const override {
    const auto found = inodes_.find(number.value);
    if (found == inodes_.end()) return fail(ErrorKind::kCorrupt, "", "no such inode");
    return std::make_unique<View>(found->second);
  }
  [[nodiscard]] volume::InodeList inodes_in_use(InodeNumber /*first*/) const override { return {}; }
  [[nodiscard]] Result<std::unique_ptr<const volume::Inode>> nameless_inode(InodeNumber number) const override {
    return inode(number);
  }
  [[nodiscard]] volume::OldInodes old_inodes() const override { return {}; }
  [[nodiscard]] Findings check_metadata() const override { return {}; }
  [[nodiscard]] std::shared_ptr<const source::BlockSource> source() const override { return source_; }

 private:
  class View final : public volume::Inode {
   public:
    explicit View(const FakeInode& inode) : inode_(inode) {}
    [[nodiscard]] const volume::InodeFacts& facts() const override { return inode_.facts; }
    [[nodiscard]] const Findings& findings() const override { return findings_; }
    [[nodiscard]] Result<read::FileMap> map() const override {
      const std::uint64_t end = inode_.verity ? inode_.extents.back().file_end() : inode_.facts.size;
      return read::FileMap::make(inode_.extents, inode_.facts.size, end);
    }
    [[nodiscard]] Result<volume::Directory> entries() const override { return volume::Directory{inode_.entries, {}}; }
    [[nodiscard]] Result<volume::Directory> deleted_entries() const override { return volume::Directory{}; }
    [[nodiscard]] volume::Xattrs xattrs() const override { return {}; }
    [[nodiscard]] Result<Bytes> encryption_context() const override { return inode_.context; }
    [[nodiscard]] Result<volume::VerityLocation> locate_verity(const read::Reader& /*past_eof*/) const override {
      if (inode_.verity) return *inode_.verity;
      return fail(ErrorKind::kCorrupt, "", "no verity");
    }

   private:
    const FakeInode& inode_;
    Findings findings_;
  };

  volume::VolumeFacts facts_;
  std::shared_ptr<SparseSource> source_;
  std::map<std::uint64_t, FakeInode> inodes_;
};

}  // namespace coldread::test
