#pragma once

#include <cstdint>
#include <vector>

#include "core/extract/content.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/report/records.hpp"

namespace coldread::extract {

/// What a locked file's name ends with in the output.
constexpr const char* kCiphertextSuffix = ".ciphertext";

/// True where the item's own key is missing, or its encryption context cannot be understood, so that its content is
/// ciphertext to whoever has it.
[[nodiscard]] bool is_ciphertext(const WalkItem& item);

/// What the report is to keep of an item whose name or content is locked, but for a file's content.
[[nodiscard]] report::Ciphertext describe_ciphertext(const volume::Volume& volume, const WalkItem& item);

/// The reader of a file's bytes as they are stored, each at its file offset (compressed clusters in the slots that hold
/// them): whole blocks, whole clusters where it is compressed, of an fs-verity file with the metadata past EOF. Only
/// what cannot be read is a fault. The plan has neither steps nor verity.
[[nodiscard]] ContentPlan plan_ciphertext(const volume::Volume& volume, const volume::Inode& inode,
                                          std::uint32_t page_size);

/// What decrypting needs to know of the file that such a reader gave: of what kind each byte of it is, and where
/// fs-verity keeps its metadata, where that can be told without the key. Size, hash and faults are the caller's.
[[nodiscard]] report::CiphertextFile describe_ciphertext_file(const volume::Volume& volume, const volume::Inode& inode,
                                                              const read::FileMap& map, std::uint64_t size);

}  // namespace coldread::extract
