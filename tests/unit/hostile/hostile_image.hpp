#pragma once

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/extract/directory_sink.hpp"
#include "core/extract/extraction.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::hostile {

using ext4::RawInode;
using ext4::test::extent;
using ext4::test::index;
using ext4::test::make_inode;
using ext4::test::make_node;
using ext4::test::set_root;

/// A name in a directory of a hostile image.
struct Name {
  std::uint32_t inode;
  std::string name;
};

/// An image whose root directory holds what a test puts there. Blocks 20 to 39 are for directories, 40 on for files.
class HostileImage : public ext4::test::ImageBuilder {
 public:
  static constexpr std::uint32_t kRootBlock = 20;

  /// A directory of one block: ".", "..", and the names. Names are not checked, which is the point.
  void put_directory(std::uint32_t inode, std::uint32_t block, const std::vector<Name>& names,
                     std::uint32_t parent = 2) {
    RawInode raw = make_inode(040755);
    raw.i_links_count = 2;
    raw.i_size_lo = kBlockSize;
    set_root(raw, make_node<ext4::RawExtent>(0, {extent(0, 1, block)}, 60));
    put_inode(inode, raw);
    std::vector<Name> all = {{inode, "."}, {parent, ".."}};
    all.insert(all.end(), names.begin(), names.end());
    std::uint32_t at = 0;
    for (const Name& name : all) {
      const auto needed = static_cast<std::uint16_t>((8 + name.name.size() + 3) / 4 * 4);
      const bool last = &name == &all.back();
      const auto length = last ? static_cast<std::uint16_t>(kBlockSize - at) : needed;
      put_bytes(std::uint64_t{block} * kBlockSize + at, ext4::test::dirent(name.inode, length, name.name));
      at += length;
    }
  }
  void put_root(const std::vector<Name>& names) { put_directory(2, kRootBlock, names); }

  /// A file of `size` bytes, each of which is `fill`, in blocks from `block` on.
  void put_file(std::uint32_t inode, std::uint32_t block, std::uint32_t size, char fill) {
    RawInode raw = make_inode();
    raw.i_size_lo = size;
    const auto blocks = static_cast<std::uint16_t>((size + kBlockSize - 1) / kBlockSize);
    if (blocks != 0) set_root(raw, make_node<ext4::RawExtent>(0, {extent(0, blocks, block)}, 60));
    if (blocks == 0) set_root(raw, make_node<ext4::RawExtent>(0, {}, 60));
    put_inode(inode, raw);
    put_bytes(std::uint64_t{block} * kBlockSize, as_bytes(std::string(size, fill)));
  }

  void put_symlink(std::uint32_t inode, std::string_view target) {
    RawInode raw = make_inode(0120777);
    raw.i_flags = 0;
    raw.i_size_lo = static_cast<std::uint32_t>(target.size());
    put_inode(inode, raw);
    put_bytes(inode_at(inode) + offsetof(RawInode, i_block), as_bytes(target.substr(0, 60)));
  }

  /// The image as it is, cut to `size` bytes.
  [[nodiscard]] std::shared_ptr<const source::BlockSource> cut(std::uint64_t size) {
    put(ext4::kSuperblockOffset, super);
    return std::make_shared<source::MemorySource>(
        Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
  }
};

/// What came of extracting an image into a new directory: `out`, in a directory of its own.
class Extraction {
 public:
  explicit Extraction(const std::shared_ptr<const source::BlockSource>& source, bool with_orphans = false)
      : Extraction(ext4::open(source, {}), with_orphans) {}
  /// Of a volume, or the reason why there is none.
  explicit Extraction(const Result<std::shared_ptr<const volume::Volume>>& volume, bool with_orphans = false) {
    if (!volume) {
      refused = volume.error();
      return;
    }
    if (with_orphans) orphans = extract::find_orphans(**volume);
    auto sink = extract::DirectorySink::open(directory_ / "out", {});
    fscrypt::KeyRing keys;
    extract::PathSelection everything({});
    extract::ExtractOptions options;
    options.hashes = {"sha256"};
    options.orphans = &orphans;
    extract::Progress progress;
    const std::atomic<bool> interrupt{false};
    outcome = extract::extract(**volume, keys, everything, options, sink.value().get(), progress, interrupt,
                               [&](const report::Entry& entry) -> Result<void> {
                                 entries.push_back(entry);
                                 return {};
                               });
  }
  explicit Extraction(HostileImage& image) : Extraction(image.source()) {}

  /// The `nth` entry with that path; an entry without a path's type where there are fewer.
  [[nodiscard]] report::Entry entry(std::string_view path, std::size_t nth = 0) const {
    for (const report::Entry& e : entries) {
      if (e.path == path && nth-- == 0) return e;
    }
    return {};
  }
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const report::Entry& e : entries) all.push_back(e.path);
    return all;
  }
  /// All that lies in the directory around the output, relative to it, sorted: nothing but "out" and what is below.
  [[nodiscard]] std::vector<std::string> written() const {
    std::vector<std::string> all;
    for (const auto& e : std::filesystem::recursive_directory_iterator(directory_.path())) {
      all.push_back(e.path().lexically_relative(directory_.path()).string());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  [[nodiscard]] std::string content(const std::string& path) const {
    return test::read_text(directory_ / ("out/" + path));
  }
  [[nodiscard]] std::filesystem::path place(const std::string& path) const { return directory_.path() / "out" / path; }

  extract::Orphans orphans;
  std::optional<Error> refused;
  std::vector<report::Entry> entries;
  extract::Outcome outcome;

 private:
  test::TempDir directory_;
};

/// Ranges that failed, as "offset+length step: reason".
inline std::vector<std::string> bad_ranges(const report::Entry& entry) {
  std::vector<std::string> all;
  if (!entry.pages) return all;
  for (const report::BadRange& bad : entry.pages->bad) {
    all.push_back(std::to_string(bad.range.offset) + "+" + std::to_string(bad.range.length) + " " + bad.step + ": " +
                  bad.reason);
  }
  return all;
}

}  // namespace coldread::hostile
