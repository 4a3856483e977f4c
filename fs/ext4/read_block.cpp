#include "fs/ext4/read_block.hpp"

namespace coldread::ext4 {

tl::expected<Bytes, std::string> read_block(const Filesystem& filesystem, std::uint64_t block) {
  if (!filesystem.superblock().blocks_valid(block, 1)) return tl::unexpected<std::string>("no such block can be there");
  Bytes bytes(filesystem.block_size());
  if (auto done = source::read_exactly(*filesystem.source, filesystem.byte_of(block), bytes); !done) {
    return tl::unexpected<std::string>(done.error().message());
  }
  return bytes;
}

}  // namespace coldread::ext4
