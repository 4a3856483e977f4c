#include <memory>
#include <utility>

#include "core/source/memory_source.hpp"
#include "fs/ext4/volume.hpp"
#include "tests/fuzz/look_at_volume.hpp"
#include "tests/fuzz/sparse_image.hpp"

// A whole filesystem: superblock, group descriptors, inodes, extent trees, directory blocks, attributes, and where
// verity metadata lies (by inode, entries, deleted_entries, locate_verity, check_metadata and old_inodes). Then the
// walk over its names, with a key, and the first and last window of each file.

namespace coldread::fuzz {
namespace {

constexpr std::uint64_t kMaxInode = 48;

void look_at_image(Bytes image) {
  const std::uint64_t size = image.size();
  const auto volume = ext4::open(std::make_shared<source::MemorySource>(std::move(image)), {false, nullptr});
  if (!volume) {
    require(!volume.error().message().empty(), "a refusal has a sentence");
    return;
  }
  require((*volume)->source()->size() == size, "the source is the image");
  look_at_volume(**volume, kMaxInode);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::look_at_image(coldread::fuzz::sparse_image(input));
  return 0;
}
