#include "fs/ext4/verity_location.hpp"

#include <string>

#include "core/base/checked.hpp"
#include "core/base/little_endian.hpp"
#include "core/read/page_reader.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint64_t kTreeAlignment = 65536;
// fsverity.rst: struct fsverity_descriptor is 256 bytes, and with its signature at most 16384.
constexpr std::uint32_t kMinDescriptor = 256;
constexpr std::uint32_t kMaxDescriptor = 16384;

}  // namespace

Result<volume::VerityLocation> find_verity(const InodeRecord& inode, std::uint32_t block_size, std::uint64_t mapped_end,
                                           const read::Reader& past_eof) {
  const auto corrupt = [&](const std::string& what) { return fail(ErrorKind::kCorrupt, inode.where(), what); };
  const auto tree = checked_round_up(inode.facts.size, kTreeAlignment);
  if (!tree || mapped_end < sizeof(Le32) || mapped_end - sizeof(Le32) < *tree) {
    return corrupt("its last mapped block ends at byte " + std::to_string(mapped_end) +
                   ", before the place of the verity metadata");
  }
  const std::uint64_t size_at = mapped_end - sizeof(Le32);
  const auto field = read::read_whole(past_eof, size_at, sizeof(Le32));
  if (!field) return corrupt("the length of its verity descriptor cannot be read: " + field.error().message());
  const auto size = ByteView(*field).load<Le32>(0);
  if (!size)
    return corrupt("the length of its verity descriptor at byte " + std::to_string(size_at) + " is not mapped");
  if (*size < kMinDescriptor || *size > kMaxDescriptor) {
    return corrupt("the length of its verity descriptor, at byte " + std::to_string(size_at) + ", is " +
                   std::to_string(*size) + "; it must be 256 to 16384");
  }
  if (*size > size_at || round_down(size_at - *size, block_size) < *tree) {
    return corrupt("its verity descriptor of " + std::to_string(*size) +
                   " bytes does not fit past the tree's start at byte " + std::to_string(*tree));
  }
  volume::VerityLocation location;
  location.tree_offset = *tree;
  location.descriptor_offset = round_down(size_at - *size, block_size);
  location.tree_space = location.descriptor_offset - location.tree_offset;
  location.descriptor_size = *size;
  location.descriptor_alignment = block_size;
  location.length_offset = size_at;
  return location;
}

}  // namespace coldread::ext4
