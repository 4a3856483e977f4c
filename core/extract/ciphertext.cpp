#include "core/extract/ciphertext.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/read/map_reader.hpp"

namespace coldread::extract {
namespace {

/// Stands for a file of which nothing can be read: its content is not known yet.
class Unread final : public read::Reader {
 public:
  Unread(std::uint64_t size, std::uint32_t unit) : size_(size), unit_(unit) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::uint32_t unit() const override { return unit_; }
  void fill(read::Window& window) const override {
    window.extents.assign(1, {window.offset, window.bytes.size(), read::ExtentKind::kHole, 0});
    window.faults.assign(1, {{window.offset, window.bytes.size()}, read::StepKind::kDecrypt, "its key is missing"});
  }

 private:
  std::uint64_t size_;
  std::uint32_t unit_;
};

std::uint64_t stored_end(const volume::Volume& volume, const volume::InodeFacts& facts, const read::FileMap& map) {
  const std::uint64_t end = facts.verity ? map.mapped_end() : map.size();
  return round_up(end, facts.compression ? facts.compression->cluster_size : volume.facts().block_size);
}

std::vector<report::Run> kinds(const read::FileMap& map, std::uint64_t size) {
  std::vector<report::Run> runs;
  for (std::uint64_t at = 0; at < size;) {
    const read::MapPiece piece = map.piece(at, size);
    for (const read::Extent& extent : piece.extents) {
      const std::string kind(read::to_string(extent.kind));
      if (!runs.empty() && runs.back().kind == kind) {
        runs.back().length += extent.length;
      } else {
        report::Run run;
        run.offset = extent.file_offset;
        run.length = extent.length;
        run.kind = kind;
        runs.push_back(std::move(run));
      }
    }
    at = piece.end;
  }
  return runs;
}

}  // namespace

bool is_ciphertext(const WalkItem& item) {
  if (!item.inode || !item.inode->facts().encrypted) return false;
  return item.encryption ? item.encryption->key == nullptr : item.error.has_value();
}

report::Ciphertext describe_ciphertext(const volume::Volume& volume, const WalkItem& item) {
  report::Ciphertext out;
  out.name = item.name_ciphertext;
  out.problems = item.problems;
  if (!is_ciphertext(item)) return out;
  if (const auto context = item.inode->encryption_context()) out.context = to_hex(*context);
  if (out.context && item.inode->facts().type == volume::FileType::kSymlink) {
    const auto target = read_link_ciphertext(volume, *item.inode);
    if (target) out.target = ByteView(*target).str();
  }
  return out;
}

ContentPlan plan_ciphertext(const volume::Volume& volume, const volume::Inode& inode, std::uint32_t page_size) {
  ContentPlan plan;
  auto map = inode.map();
  if (map) {
    plan.map = *map;
  } else {
    plan.unmapped = map.error().message();
    map = read::FileMap::make(std::vector<read::Extent>(), 0, 0);
  }
  plan.reader = std::make_unique<read::PageReader>(
      std::make_unique<read::MapReader>(volume.source(), *map, stored_end(volume, inode.facts(), *map),
                                        volume.facts().block_size),
      page_size);
  return plan;
}

report::CiphertextFile describe_ciphertext_file(const volume::Volume& volume, const volume::Inode& inode,
                                                const read::FileMap& map, std::uint64_t size) {
  const volume::InodeFacts& facts = inode.facts();
  report::CiphertextFile file;
  file.size = size;
  file.runs = kinds(map, size);
  file.clusters_checksummed = facts.compression && facts.compression->checksummed;
  file.verity = facts.verity;
  if (!facts.verity) return file;
  // A filesystem that can tell without reading the file keeps the place elsewhere, in the clear.
  const auto place = inode.locate_verity(Unread(map.mapped_end(), volume.facts().block_size));
  if (place) {
    file.place = {place->tree_offset, place->tree_space, place->descriptor_offset, place->descriptor_size};
  }
  return file;
}

}  // namespace coldread::extract
