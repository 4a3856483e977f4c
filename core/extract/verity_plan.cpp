#include "core/extract/verity_plan.hpp"

#include <algorithm>
#include <utility>

#include "core/base/checked.hpp"
#include "core/extract/impossible_step.hpp"
#include "core/read/page_reader.hpp"
#include "core/verity/merkle_tree.hpp"

namespace coldread::extract {
namespace {

/// Where ext4 and f2fs begin the tree: the end of the file, rounded up (fs/ext4/verity.c, fs/f2fs/verity.c).
constexpr std::uint64_t kTreeAlignment = 65536;

constexpr std::uint64_t kPiece = 64 << 10;

/// How much of what lies between the tree, the descriptor and the end is looked through. Real files have less than two
/// blocks there; what a hostile one has beyond it is told without a look.
constexpr std::uint64_t kMaxLookedThrough = 1 << 20;

/// The largest file of ext4 and f2fs with blocks of 4 KiB (ext4/inodes.rst; f2fs.rst has less).
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 44;

/// Where something is stored.
struct Stored {
  std::uint64_t offset = 0;
  bool looked_at = true;  ///< it is there, and not zero
};

/// Past-EOF bytes of one verity file.
class Metadata {
 public:
  Metadata(const volume::Inode& inode, const read::FileMap& map, std::uint32_t block_size, const read::Reader& file)
      : inode_(inode), map_(map), block_size_(block_size), file_(file) {}

  /// Fills the plan. Errors: kCorrupt, why the descriptor is malformed.
  [[nodiscard]] Result<volume::VerityLocation> read(VerityPlan& plan) const;

  /// Where else a descriptor lies that fits the file: right behind the tree that it would have.
  [[nodiscard]] std::optional<std::uint64_t> fitting_descriptor() const;

 private:
  void look_around(const volume::VerityLocation& location, const verity::Descriptor& descriptor,
                   VerityPlan& plan) const;
  std::optional<Stored> look_through(std::uint64_t begin, std::uint64_t end, const char* place,
                                     Findings& findings) const;
  void look_behind(Findings& findings) const;
  [[nodiscard]] std::optional<Stored> first_stored(std::uint64_t begin, std::uint64_t end) const;
  [[nodiscard]] bool fits_at(std::uint64_t offset, verity::HashAlgorithm algorithm, std::uint32_t tree_block) const;

  const volume::Inode& inode_;
  const read::FileMap& map_;
  std::uint32_t block_size_;
  const read::Reader& file_;
};

Result<volume::VerityLocation> Metadata::read(VerityPlan& plan) const {
  auto location = inode_.locate_verity(file_);
  if (!location) return fail(std::move(location.error()));
  if (location->descriptor_size > verity::kMaxDescriptorSize) {
    return fail(ErrorKind::kCorrupt, "",
                "the descriptor is larger than " + std::to_string(verity::kMaxDescriptorSize) + " bytes");
  }
  auto stored = read::read_whole(file_, location->descriptor_offset, location->descriptor_size);
  if (!stored) {
    return fail(ErrorKind::kCorrupt, "", "the descriptor could not be read: " + stored.error().message());
  }
  auto descriptor = verity::parse_descriptor(*stored, map_.size(), block_size_);
  if (!descriptor) return fail(std::move(descriptor.error()));
  auto digest = verity::file_digest(*stored);
  if (!digest) return fail(std::move(digest.error()));

  plan.stored = std::move(*stored);
  plan.file_digest = std::move(*digest);
  plan.findings = descriptor->findings;
  look_around(*location, *descriptor, plan);
  plan.descriptor = std::move(*descriptor);
  return location;
}

void Metadata::look_around(const volume::VerityLocation& location, const verity::Descriptor& descriptor,
                           VerityPlan& plan) const {
  Findings& findings = plan.findings;
  const auto tree = verity::MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size);
  if (!tree) return;
  const std::uint64_t tree_end = location.tree_offset + tree->size();
  const std::uint64_t expected = round_up(tree_end, location.descriptor_alignment);
  if (location.descriptor_offset != expected) {
    findings.push_back("the descriptor is misplaced: it lies at file offset " +
                       std::to_string(location.descriptor_offset) + ", and the Merkle tree ends at " +
                       std::to_string(tree_end));
  }
  const std::uint64_t hashed_end = tree->data_blocks() * tree->block_size();
  const auto behind_data =
      look_through(hashed_end, location.tree_offset, "between the file and its Merkle tree", findings);
  plan.refused_at_end = behind_data && behind_data->offset < round_up(hashed_end, block_size_);
  look_through(tree_end, location.descriptor_offset, "between the Merkle tree and the descriptor", findings);
  look_through(location.descriptor_offset + location.descriptor_size,
               location.length_offset != 0 ? location.length_offset : map_.mapped_end(), "behind the descriptor",
               findings);
  look_behind(findings);
}

/// f2fs tells where the descriptor is, so that what it has mapped behind that is no part of the map's end.
void Metadata::look_behind(Findings& findings) const {
  const auto& compression = inode_.facts().compression;
  const std::uint64_t unit = compression ? std::max(compression->cluster_size, block_size_) : block_size_;
  for (std::uint64_t at = round_up(map_.mapped_end(), unit); at < kLargestFile;) {
    const read::MapPiece piece = map_.piece(at, kLargestFile);
    if (piece.end <= at) return;
    const auto stored = std::find_if(piece.extents.begin(), piece.extents.end(),
                                     [](const read::Extent& extent) { return read::has_source(extent.kind); });
    if (stored != piece.extents.end()) {
      findings.push_back("blocks that nothing covers are mapped behind the descriptor, from file offset " +
                         std::to_string(stored->file_offset));
      return;
    }
    at = piece.end;
  }
}

std::optional<Stored> Metadata::look_through(std::uint64_t begin, std::uint64_t end, const char* place,
                                             Findings& findings) const {
  const auto stored = first_stored(begin, end);
  if (stored) {
    findings.push_back((stored->looked_at ? "bytes that no hash covers are stored at file offset "
                                          : "blocks that no hash covers were not looked through from file offset ") +
                       std::to_string(stored->offset) + ", " + place);
  }
  return stored;
}

/// The first byte in [begin, end) that is stored and not zero, or that was not looked at. What cannot be read is
/// passed over: the step that reads what it is part of tells of that.
std::optional<Stored> Metadata::first_stored(std::uint64_t begin, std::uint64_t end) const {
  std::uint64_t left = kMaxLookedThrough;
  for (std::uint64_t at = begin; at < end;) {
    const read::MapPiece piece = map_.piece(at, std::min(end, map_.mapped_end()));
    if (piece.end <= at) return std::nullopt;
    for (const read::Extent& extent : piece.extents) {
      // Of a compressed cluster the map does not tell which of its blocks have content.
      if (!read::has_source(extent.kind) && !inode_.facts().compression) continue;
      const std::uint64_t stop = std::min(extent.file_end(), piece.end);
      for (std::uint64_t from = std::max(at, extent.file_offset); from < stop;) {
        const std::uint64_t length = std::min(stop - from, kPiece);
        if (left < length) {
          if (!read::has_source(extent.kind)) break;
          return Stored{from, false};
        }
        left -= length;
        if (const auto bytes = read::read_whole(file_, from, length)) {
          const auto found = std::find_if(bytes->begin(), bytes->end(), [](std::byte b) { return b != std::byte{0}; });
          if (found != bytes->end()) return Stored{from + static_cast<std::uint64_t>(found - bytes->begin())};
        }
        from += length;
      }
    }
    at = piece.end;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Metadata::fitting_descriptor() const {
  const auto tree_offset = checked_round_up(map_.size(), kTreeAlignment);
  if (!tree_offset || *tree_offset >= map_.mapped_end()) return std::nullopt;
  for (const auto algorithm : {verity::HashAlgorithm::kSha256, verity::HashAlgorithm::kSha512}) {
    for (std::uint32_t tree_block = 1024; tree_block <= block_size_; tree_block *= 2) {
      const auto tree = verity::MerkleTree::make(algorithm, tree_block, map_.size());
      const auto end = tree ? checked_add(*tree_offset, tree->size()) : std::nullopt;
      if (!end || *end >= map_.mapped_end()) continue;
      for (const std::uint64_t offset : {*end, round_up(*end, block_size_)}) {
        if (fits_at(offset, algorithm, tree_block)) return offset;
      }
    }
  }
  return std::nullopt;
}

bool Metadata::fits_at(std::uint64_t offset, verity::HashAlgorithm algorithm, std::uint32_t tree_block) const {
  if (offset >= map_.mapped_end()) return false;
  const auto stored =
      read::read_whole(file_, offset, std::min<std::uint64_t>(verity::kMaxDescriptorSize, map_.mapped_end() - offset));
  if (!stored) return false;
  const auto descriptor = verity::parse_descriptor(*stored, map_.size(), block_size_);
  return descriptor && descriptor->algorithm == algorithm && descriptor->block_size == tree_block;
}

}  // namespace

std::unique_ptr<const read::Step> plan_verity(const volume::Inode& inode, const read::FileMap& map,
                                              std::uint32_t block_size, std::unique_ptr<const read::Reader> file,
                                              VerityPlan& plan, const std::atomic<bool>* stop) {
  const Metadata metadata(inode, map, block_size, *file);
  const auto location = metadata.read(plan);
  if (!location) {
    plan.malformed = location.error().message();
    if (const auto offset = metadata.fitting_descriptor()) {
      plan.malformed += "; a descriptor that fits the file lies at file offset " + std::to_string(*offset);
    }
    return std::make_unique<ImpossibleStep>(read::StepKind::kVerity, plan.malformed, map.size(), block_size);
  }
  auto step = std::make_unique<verity::VerityStep>(*plan.descriptor, std::move(file), location->tree_offset, stop);
  plan.step = step.get();
  return step;
}

}  // namespace coldread::extract
