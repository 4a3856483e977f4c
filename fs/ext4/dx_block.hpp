#pragma once

#include <cstdint>
#include <optional>

#include "core/base/byte_view.hpp"
#include "fs/ext4/layout.hpp"
#include "fs/ext4/superblock.hpp"

namespace coldread::ext4 {

/// rec_len as bytes: where a block is 64 KiB long, 65535 and 0 stand for all of it, and the two lowest bits are bits 16
/// and 17 (the kernel's ext4_rec_len_from_disk).
[[nodiscard]] std::uint32_t decode_rec_len(std::uint16_t rec_len, std::uint32_t block_size);

/// The root of a hash tree in a directory's first block (Documentation/filesystems/ext4/directory.rst, "Hash Tree
/// Directories"), or nothing where the block is none that the kernel would take for one. `hash_in_entries` is true for
/// an encrypted directory that folds case: its hash is SipHash, and stands behind each name.
[[nodiscard]] std::optional<RawDxRoot> parse_dx_root(ByteView block, const Superblock& superblock,
                                                     bool hash_in_entries);

/// True when a block other than the first is an inner node of a hash tree: one unused entry as long as the block.
[[nodiscard]] bool is_dx_node(ByteView block);

/// True when the checksum of a directory's block is right or there is none to be checked (checksums.rst). `seed` is the
/// inode's; `is_index` is true for roots and inner nodes of hash trees.
[[nodiscard]] bool directory_block_checksum_good(ByteView block, std::uint32_t seed, bool is_index, bool is_root);

}  // namespace coldread::ext4
