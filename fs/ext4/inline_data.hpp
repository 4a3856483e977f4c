#pragma once

#include "core/base/error.hpp"
#include "core/source/block_source.hpp"
#include "fs/ext4/inode_record.hpp"

namespace coldread::ext4 {

/// Where the two parts of inline data lie, in bytes from the start of the inode's record.
struct InlineData {
  source::ByteRange first;  ///< the 60 bytes of i_block
  source::ByteRange rest;   ///< the value of the attribute "system.data" in the inode's body; it may be empty
};

/// The parts of an inode's inline data (Documentation/filesystems/ext4/inlinedata.rst). Errors: kCorrupt (the
/// attribute, which is there even where it is empty, is missing or damaged).
[[nodiscard]] Result<InlineData> find_inline_data(const InodeRecord& inode);

}  // namespace coldread::ext4
