#pragma once

#include <cstdint>

#include "core/base/byte_view.hpp"
#include "fs/ext4/journal_superblock.hpp"

namespace coldread::ext4 {

// Whether what is in the journal's log is as it was written (Documentation/filesystems/ext4/journal.rst, "Descriptor
// Block", "Revocation Block", "Commit Block"; fs/jbd2/recovery.c). Where the journal has no such checksum, it is.

/// What a CRC-32 of the journal's first version begins with.
constexpr std::uint32_t kCrc32Begin = ~0u;

/// CRC-32 (polynomial 0x04C11DB7), the most significant bit first, carried on from `sum` and not inverted at its end:
/// the kernel's crc32_be().
[[nodiscard]] std::uint32_t crc32_be(std::uint32_t sum, ByteSpan bytes);

/// The tail of a descriptor or revoke block. `block` is the whole block.
[[nodiscard]] bool block_tail_good(const JournalSuperblock& journal, ByteSpan block);

/// The checksum of a commit block with csum_v2 or csum_v3. As in the kernel, one that was summed over the header alone,
/// with zeros after it, is good too.
[[nodiscard]] bool commit_block_good(const JournalSuperblock& journal, ByteSpan block);

/// The checksum of a transaction in its commit block, in the journal's first version: `sum` is that of the
/// transaction's descriptor and data blocks. One that was never filled in is good.
[[nodiscard]] bool transaction_sum_good(const RawCommitHeader& commit, std::uint32_t sum);

/// A tag's checksum, which is over the transaction's number and the copied block as it lies in the log. With csum_v2
/// only its low 16 bits are kept.
[[nodiscard]] bool tag_checksum_good(const JournalSuperblock& journal, std::uint32_t checksum, std::uint32_t sequence,
                                     ByteSpan block);

}  // namespace coldread::ext4
