#pragma once

#include <cstdint>
#include <vector>

#include "core/base/byte_view.hpp"
#include "fs/ext4/journal_superblock.hpp"

namespace coldread::ext4 {

/// What a descriptor block says of one block of the log that follows it.
struct BlockTag {
  std::uint64_t block = 0;  ///< of the filesystem: where the log's block belongs
  std::uint32_t checksum = 0;
  bool escaped = false;  ///< the copy's first four bytes were the journal's magic, and are zeros in the log
};

/// The tags of a descriptor block, in the order of the blocks that they describe: up to and with the one that is marked
/// as the last, or to the block's end (Documentation/filesystems/ext4/journal.rst, "Descriptor Block"). A tag without
/// the flag "same UUID" is followed by 16 bytes of UUID, which decide nothing. `block` is the whole block.
[[nodiscard]] std::vector<BlockTag> parse_tags(const JournalSuperblock& journal, ByteView block);

}  // namespace coldread::ext4
