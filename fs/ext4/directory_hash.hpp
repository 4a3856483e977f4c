#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/byte_view.hpp"
#include "fs/ext4/dirhash.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

/// True for a directory that keeps each name's hash behind the name: one that is encrypted and folds case
/// (Documentation/filesystems/ext4/directory.rst, "Casefolded").
[[nodiscard]] bool has_hash_in_entries(const InodeRecord& inode);

/// How the kernel hashes the names of an encrypted directory when it lists them without their key (ext4_dx_readdir):
/// only where it reads by the hash tree, whose root is `root`, or could make one of the only block. Nothing elsewhere,
/// and where hashes stand behind the names. `indexed` is true where the directory says that it has a hash tree.
[[nodiscard]] std::optional<HashRule> hash_rule(const Filesystem& filesystem, const InodeRecord& inode,
                                                const std::optional<RawDxRoot>& root, bool indexed);

/// The hash and minor hash behind the name of an entry (struct ext4_dir_entry_hash), which is all of `record`; nothing
/// where it has no room for them.
[[nodiscard]] std::optional<std::array<std::uint32_t, 2>> stored_hash(const RawDirEntry& raw, ByteView record);

}  // namespace coldread::ext4
