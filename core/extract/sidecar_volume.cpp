#include "core/extract/sidecar_volume.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/read/page_reader.hpp"

namespace coldread::extract {
namespace {

using read::Extent;
using read::ExtentKind;

constexpr std::uint32_t kMinBlockSize = 1024;
constexpr std::uint32_t kMaxBlockSize = read::kMaxPageSize;
/// f2fs takes clusters of at most 2^8 blocks.
constexpr std::uint32_t kMaxClusterBlocks = 256;
constexpr std::size_t kPiece = 1 << 20;

tl::unexpected<Error> contradiction(const std::string& what) {
  return fail(ErrorKind::kCorrupt, "", "what the report says of it cannot be: " + what);
}

/// A binary search for the first range that ends past `offset`, as they rise and do not overlap.
auto first_past(const std::vector<report::BadRange>& bad, std::uint64_t offset) {
  return std::partition_point(bad.begin(), bad.end(), [&](const report::BadRange& range) {
    return range.range.offset + range.range.length <= offset;
  });
}

/// Ciphertext, with the blocks that could not be read when it was written.
class StoredSource final : public source::BlockSource {
 public:
  StoredSource(std::shared_ptr<const source::BlockSource> stored, std::vector<report::BadRange> bad)
      : stored_(std::move(stored)), bad_(std::move(bad)) {}

  [[nodiscard]] std::uint64_t size() const override { return stored_->size(); }
  [[nodiscard]] std::vector<source::ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override {
    std::vector<source::ReadFault> faults = stored_->read_at(offset, out);
    const std::uint64_t limit = offset + out.size();
    for (auto bad = first_past(bad_, offset); bad != bad_.end() && bad->range.offset < limit; ++bad) {
      const std::uint64_t begin = std::max(bad->range.offset, offset);
      faults.push_back({{begin, std::min(bad->range.offset + bad->range.length, limit) - begin}, bad->reason});
    }
    return faults;
  }

 private:
  std::shared_ptr<const source::BlockSource> stored_;
  std::vector<report::BadRange> bad_;
};

/// The runs of a report, with the ranges whose mapping could not be read.
class StoredMap final : public read::MapSource {
 public:
  StoredMap(std::vector<Extent> extents, std::vector<report::BadRange> bad)
      : extents_(std::move(extents)), bad_(std::move(bad)) {}

  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override {
    read::MapPiece piece;
    piece.end = limit;
    auto at =
        std::partition_point(extents_.begin(), extents_.end(), [&](const Extent& e) { return e.file_end() <= offset; });
    for (; at != extents_.end() && at->file_offset < limit; ++at) piece.extents.push_back(*at);
    for (auto bad = first_past(bad_, offset); bad != bad_.end() && bad->range.offset < limit; ++bad) {
      piece.faults.push_back({{bad->range.offset, bad->range.length}, bad->reason});
    }
    return piece;
  }

 private:
  std::vector<Extent> extents_;
  std::vector<report::BadRange> bad_;
};

class SidecarInode final : public volume::Inode {
 public:
  SidecarInode(const volume::InodeFacts& facts, Bytes context, read::FileMap map)
      : facts_(facts), context_(std::move(context)), map_(std::move(map)) {}

  void verity_is_at(const report::VerityPlace& place) { place_ = place; }
  void find_verity_with(FindVerity find, const report::SidecarFilesystem& filesystem) {
    find_verity_ = std::move(find);
    filesystem_ = filesystem;
  }

  [[nodiscard]] const volume::InodeFacts& facts() const override { return facts_; }
  [[nodiscard]] const Findings& findings() const override { return findings_; }
  [[nodiscard]] Result<read::FileMap> map() const override { return map_; }
  [[nodiscard]] Result<volume::Directory> entries() const override { return no_directory(); }
  [[nodiscard]] Result<volume::Directory> deleted_entries() const override { return no_directory(); }
  [[nodiscard]] volume::Xattrs xattrs() const override { return {}; }
  [[nodiscard]] Result<Bytes> encryption_context() const override { return context_; }
  [[nodiscard]] Result<volume::VerityLocation> locate_verity(const read::Reader& past_eof) const override {
    if (place_) {
      return volume::VerityLocation{place_->tree_offset, place_->tree_space, place_->descriptor_offset,
                                    place_->descriptor_size};
    }
    return find_verity_(filesystem_, facts_, map_.mapped_end(), past_eof);
  }

 private:
  [[nodiscard]] static tl::unexpected<Error> no_directory() {
    return fail(ErrorKind::kCorrupt, "", "the report keeps no directory");
  }

  volume::InodeFacts facts_;
  Findings findings_;
  Bytes context_;
  read::FileMap map_;
  std::optional<report::VerityPlace> place_;
  FindVerity find_verity_;
  report::SidecarFilesystem filesystem_;
};

std::optional<ExtentKind> kind_of(const std::string& name) {
  for (const ExtentKind kind :
       {ExtentKind::kStored, ExtentKind::kHole, ExtentKind::kUnwritten, ExtentKind::kInline, ExtentKind::kCompressed}) {
    if (name == read::to_string(kind)) return kind;
  }
  return std::nullopt;
}

Result<read::Compression> compression_of(const report::Compression& said, std::uint32_t block_size, bool checksummed) {
  using read::CompressionAlgorithm;
  if (!is_power_of_two(said.cluster_size) || said.cluster_size < block_size ||
      said.cluster_size / block_size > kMaxClusterBlocks) {
    return contradiction("clusters of " + std::to_string(said.cluster_size) + " bytes");
  }
  for (const auto algorithm : {CompressionAlgorithm::kLzo, CompressionAlgorithm::kLz4, CompressionAlgorithm::kZstd,
                               CompressionAlgorithm::kLzoRle}) {
    if (said.algorithm == read::to_string(algorithm)) {
      return read::Compression{algorithm, said.cluster_size, checksummed};
    }
  }
  return fail(ErrorKind::kUnsupported, "", "it is compressed by " + said.algorithm + ", which is not supported");
}

/// The extents of the runs, which are all of the file: the ciphertext has each byte at its place there.
Result<std::vector<Extent>> extents_of(const report::CiphertextFile& file, bool compressed) {
  std::vector<Extent> extents;
  extents.reserve(file.runs.size());
  std::uint64_t reached = 0;
  for (const report::Run& run : file.runs) {
    const std::string where = "a run at " + std::to_string(run.offset);
    const auto kind = kind_of(run.kind);
    const auto end = checked_add(run.offset, run.length);
    if (!kind) return contradiction(where + " of a kind that is not known");
    if (run.length == 0) return contradiction(where + " is empty");
    if (!end || *end > file.size) return contradiction(where + " ends past the file's " + std::to_string(file.size));
    if (run.offset != reached) return contradiction(where + " does not go on at " + std::to_string(reached));
    reached = *end;
    if (*kind == ExtentKind::kCompressed && !compressed)
      return contradiction(where + " is compressed, the file is not");
    extents.push_back({run.offset, run.length, *kind, read::has_source(*kind) ? run.offset : 0});
  }
  if (reached != file.size) return contradiction("its runs end at " + std::to_string(reached));
  return extents;
}

/// What is never decrypted must have been written as zeros.
Result<void> check_holes(const std::vector<Extent>& extents, const source::BlockSource& stored) {
  Bytes buffer(kPiece);
  for (const Extent& extent : extents) {
    if (read::has_source(extent.kind)) continue;
    for (std::uint64_t done = 0; done < extent.length; done += kPiece) {
      const auto piece = MutableByteSpan(buffer).first(std::min<std::uint64_t>(kPiece, extent.length - done));
      if (auto held = source::read_exactly(stored, extent.file_offset + done, piece); !held) return held;
      if (!all_zero(piece)) {
        return contradiction("nothing is stored at " + std::to_string(extent.file_offset) + ", and there is data");
      }
    }
  }
  return {};
}

/// Those of one step, rising and free of overlap: of a byte, one reason is enough.
std::vector<report::BadRange> of_step(std::vector<report::BadRange> bad, bool map) {
  std::erase_if(bad, [&](const report::BadRange& range) { return (range.step == "map") != map; });
  std::stable_sort(bad.begin(), bad.end(),
                   [](const auto& a, const auto& b) { return a.range.offset < b.range.offset; });
  std::vector<report::BadRange> apart;
  for (report::BadRange& range : bad) {
    const std::uint64_t end = range.range.offset + range.range.length;
    const std::uint64_t reached = apart.empty() ? 0 : apart.back().range.offset + apart.back().range.length;
    const std::uint64_t begin = std::max(range.range.offset, reached);
    if (begin >= end) continue;
    range.range = {begin, end - begin};
    apart.push_back(std::move(range));
  }
  return apart;
}

bool fits(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

Result<volume::InodeFacts> facts_of(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry) {
  const report::CiphertextFile& file = *entry.ciphertext->file;
  volume::InodeFacts facts;
  facts.number = {entry.inode};
  facts.type = volume::FileType::kFile;
  facts.size = entry.size;
  facts.encrypted = true;
  facts.verity = file.verity;
  if (entry.compression) {
    auto compression = compression_of(*entry.compression, filesystem.block_size, file.clusters_checksummed);
    if (!compression) return fail(std::move(compression.error()));
    facts.compression = *compression;
  }
  return facts;
}

Result<void> check(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry,
                   std::uint64_t stored_size) {
  const report::CiphertextFile& file = *entry.ciphertext->file;
  const std::uint32_t block = filesystem.block_size;
  if (!is_power_of_two(block) || block < kMinBlockSize || block > kMaxBlockSize) {
    return contradiction("blocks of " + std::to_string(block) + " bytes");
  }
  if (file.size != stored_size) {
    return contradiction("its ciphertext has " + std::to_string(stored_size) + " bytes, not " +
                         std::to_string(file.size));
  }
  const std::uint32_t unit = entry.compression ? entry.compression->cluster_size : block;
  // Only fs-verity has anything past the unit in which the content ends.
  if (entry.size > file.size || !is_power_of_two(unit) || file.size % unit != 0 ||
      (!file.verity && file.size - entry.size >= unit)) {
    return contradiction(std::to_string(entry.size) + " bytes in a ciphertext of " + std::to_string(file.size));
  }
  for (const report::BadRange& bad : file.bad) {
    if (!fits(bad.range.offset, bad.range.length, file.size)) return contradiction("a bad range is past its end");
  }
  if (file.place && (!fits(file.place->tree_offset, file.place->tree_space, file.size) ||
                     !fits(file.place->descriptor_offset, file.place->descriptor_size, file.size))) {
    return contradiction("its fs-verity metadata is past its end");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<const SidecarVolume>> SidecarVolume::make(const report::SidecarFilesystem& filesystem,
                                                                 const report::SidecarEntry& entry,
                                                                 std::shared_ptr<const source::BlockSource> stored,
                                                                 FindVerity find_verity) {
  if (!entry.malformed.empty()) return contradiction("`" + entry.malformed + "` is not as its schema has it");
  if (!entry.ciphertext || !entry.ciphertext->file) return contradiction("it is of no file's ciphertext");
  const report::CiphertextFile& file = *entry.ciphertext->file;
  const auto uuid = parse_uuid(filesystem.uuid);
  if (!uuid) return contradiction("the filesystem's uuid");
  const auto context = from_hex(entry.ciphertext->context.value_or(""));
  if (!context) return contradiction("its encryption context");
  if (auto sound = check(filesystem, entry, stored->size()); !sound) return fail(std::move(sound.error()));
  auto facts = facts_of(filesystem, entry);
  if (!facts) return fail(std::move(facts.error()));
  auto extents = extents_of(file, facts->compression.has_value());
  if (!extents) return fail(std::move(extents.error()));

  if (auto zeros = check_holes(*extents, *stored); !zeros) return fail(std::move(zeros.error()));

  auto map = read::FileMap::make(std::make_shared<StoredMap>(std::move(*extents), of_step(file.bad, true)), entry.size,
                                 file.size);
  auto inode = std::make_unique<SidecarInode>(*facts, *context, std::move(map));
  if (file.place) inode->verity_is_at(*file.place);
  inode->find_verity_with(std::move(find_verity), filesystem);

  volume::VolumeFacts of_volume;
  of_volume.type = filesystem.type;
  of_volume.uuid = *uuid;
  of_volume.block_size = filesystem.block_size;
  return std::unique_ptr<const SidecarVolume>(
      new SidecarVolume(std::move(of_volume), std::move(inode),
                        std::make_shared<StoredSource>(std::move(stored), of_step(file.bad, false))));
}

Result<std::unique_ptr<const volume::Inode>> SidecarVolume::inode(InodeNumber /*number*/) const {
  return fail(ErrorKind::kNotFound, "", "a report's ciphertext is of one inode alone");
}

}  // namespace coldread::extract
