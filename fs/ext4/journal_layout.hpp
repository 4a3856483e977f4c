#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/big_endian.hpp"

namespace coldread::ext4 {

// On-disk structures of the jbd2 journal, with the kernel's field names (Documentation/filesystems/ext4/journal.rst;
// include/linux/jbd2.h). They are big-endian, whatever the filesystem is. Nothing here is checked: parsed types are.

constexpr std::uint32_t kJournalMagic = 0xC03B3998;

/// h_blocktype (journal.rst, "Block Header").
constexpr std::uint32_t kDescriptorBlock = 1;
constexpr std::uint32_t kCommitBlock = 2;
constexpr std::uint32_t kJournalSuperblockV1 = 3;
constexpr std::uint32_t kJournalSuperblockV2 = 4;
constexpr std::uint32_t kRevokeBlock = 5;

/// s_feature_compat and s_feature_incompat of the journal (journal.rst, "Super Block").
constexpr std::uint32_t kJournalCompatChecksum = 0x1;
constexpr std::uint32_t kJournalIncompatRevoke = 0x1;
constexpr std::uint32_t kJournalIncompat64Bit = 0x2;
constexpr std::uint32_t kJournalIncompatAsyncCommit = 0x4;
constexpr std::uint32_t kJournalIncompatChecksumV2 = 0x8;
constexpr std::uint32_t kJournalIncompatChecksumV3 = 0x10;
constexpr std::uint32_t kJournalIncompatFastCommit = 0x20;

/// s_checksum_type and h_chksum_type.
constexpr std::uint8_t kJournalChecksumCrc32 = 1;
constexpr std::uint8_t kJournalChecksumCrc32c = 4;

/// t_flags of a block tag (journal.rst, "Descriptor Block").
constexpr std::uint32_t kTagEscaped = 0x1;
constexpr std::uint32_t kTagSameUuid = 0x2;
constexpr std::uint32_t kTagLast = 0x8;

/// struct journal_header_s.
struct RawJournalHeader {
  Be32 h_magic;
  Be32 h_blocktype;
  Be32 h_sequence;
};
static_assert(sizeof(RawJournalHeader) == 12 && alignof(RawJournalHeader) == 1);

/// struct journal_superblock_s: the first 1024 bytes of the journal's first block.
struct RawJournalSuperblock {
  RawJournalHeader s_header;
  Be32 s_blocksize;
  Be32 s_maxlen;
  Be32 s_first;
  Be32 s_sequence;
  Be32 s_start;
  Be32 s_errno;
  Be32 s_feature_compat;
  Be32 s_feature_incompat;
  Be32 s_feature_ro_compat;
  std::array<std::uint8_t, 16> s_uuid;
  Be32 s_nr_users;
  Be32 s_dynsuper;
  Be32 s_max_transaction;
  Be32 s_max_trans_data;
  std::uint8_t s_checksum_type;
  std::array<std::uint8_t, 3> s_padding2;
  Be32 s_num_fc_blks;
  Be32 s_head;
  std::array<Be32, 40> s_padding;
  Be32 s_checksum;
  std::array<std::uint8_t, 768> s_users;
};
static_assert(sizeof(RawJournalSuperblock) == 1024 && alignof(RawJournalSuperblock) == 1);
static_assert(offsetof(RawJournalSuperblock, s_start) == 0x1C && offsetof(RawJournalSuperblock, s_uuid) == 0x30);
static_assert(offsetof(RawJournalSuperblock, s_checksum_type) == 0x50);
static_assert(offsetof(RawJournalSuperblock, s_num_fc_blks) == 0x54);
static_assert(offsetof(RawJournalSuperblock, s_checksum) == 0xFC);

/// struct journal_block_tag_s: 8 bytes of it without the journal's feature 64bit; two bytes more, of no meaning, with
/// csum_v2.
struct RawBlockTag {
  Be32 t_blocknr;
  Be16 t_checksum;
  Be16 t_flags;
  Be32 t_blocknr_high;
};
static_assert(sizeof(RawBlockTag) == 12 && alignof(RawBlockTag) == 1);

/// struct journal_block_tag3_s, with csum_v3.
struct RawBlockTag3 {
  Be32 t_blocknr;
  Be32 t_flags;
  Be32 t_blocknr_high;
  Be32 t_checksum;
};
static_assert(sizeof(RawBlockTag3) == 16 && alignof(RawBlockTag3) == 1);

/// struct jbd2_journal_revoke_header_s.
struct RawRevokeHeader {
  RawJournalHeader r_header;
  Be32 r_count;  ///< bytes in use, this header's among them
};
static_assert(sizeof(RawRevokeHeader) == 16 && alignof(RawRevokeHeader) == 1);

/// struct commit_header.
struct RawCommitHeader {
  RawJournalHeader h_header;
  std::uint8_t h_chksum_type;
  std::uint8_t h_chksum_size;
  std::array<std::uint8_t, 2> h_padding;
  std::array<Be32, 8> h_chksum;
  Be64 h_commit_sec;
  Be32 h_commit_nsec;
};
static_assert(sizeof(RawCommitHeader) == 60 && alignof(RawCommitHeader) == 1);
static_assert(offsetof(RawCommitHeader, h_chksum) == 0x10 && offsetof(RawCommitHeader, h_commit_sec) == 0x30);

/// struct jbd2_journal_block_tail: the last bytes of descriptor and revoke blocks, with csum_v2 and csum_v3.
constexpr std::uint32_t kBlockTailSize = 4;

}  // namespace coldread::ext4
