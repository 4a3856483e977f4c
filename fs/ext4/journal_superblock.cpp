#include "fs/ext4/journal_superblock.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "fs/ext4/crc32c.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kKnownIncompat = kJournalIncompatRevoke | kJournalIncompat64Bit | kJournalIncompatAsyncCommit |
                                         kJournalIncompatChecksumV2 | kJournalIncompatChecksumV3 |
                                         kJournalIncompatFastCommit;
// include/linux/jbd2.h: JBD2_MIN_JOURNAL_BLOCKS and JBD2_DEFAULT_FAST_COMMIT_BLOCKS.
constexpr std::uint32_t kMinJournalBlocks = 1024;
constexpr std::uint32_t kDefaultFastCommitBlocks = 256;

tl::unexpected<Error> corrupt(const std::string& what) { return fail(ErrorKind::kCorrupt, "journal superblock", what); }

tl::unexpected<Error> impossible(const char* field, std::uint64_t value) {
  return corrupt(std::string(field) + " is " + std::to_string(value) + ", which cannot be");
}

tl::unexpected<Error> unknown(const char* word, std::uint32_t bits) {
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%x", bits);
  return fail(ErrorKind::kUnsupported, "journal superblock",
              std::string("it has unknown ") + word + " features, " + hex.data());
}

Result<void> parse_features(JournalSuperblock& s) {
  const std::uint32_t compat = s.raw.s_feature_compat;
  const std::uint32_t incompat = s.raw.s_feature_incompat;
  if (incompat & ~kKnownIncompat) return unknown("incompatible", incompat & ~kKnownIncompat);
  if (s.raw.s_feature_ro_compat != 0) return unknown("read-only-compatible", s.raw.s_feature_ro_compat);

  const bool v1 = (compat & kJournalCompatChecksum) != 0;
  const bool v2 = (incompat & kJournalIncompatChecksumV2) != 0;
  const bool v3 = (incompat & kJournalIncompatChecksumV3) != 0;
  if (v1 + v2 + v3 > 1) return corrupt("it has more than one version of checksums");
  s.checksums = v1   ? JournalChecksums::kV1
                : v2 ? JournalChecksums::kV2
                : v3 ? JournalChecksums::kV3
                     : JournalChecksums::kNone;
  s.has_64bit = (incompat & kJournalIncompat64Bit) != 0;
  s.has_async_commit = (incompat & kJournalIncompatAsyncCommit) != 0;
  s.has_fast_commit = (incompat & kJournalIncompatFastCommit) != 0;
  return {};
}

Result<void> check_checksum(JournalSuperblock& s) {
  if (!s.blocks_have_checksums()) return {};
  if (s.raw.s_checksum_type != kJournalChecksumCrc32c) return impossible("s_checksum_type", s.raw.s_checksum_type);
  RawJournalSuperblock summed = s.raw;
  summed.s_checksum = 0;
  if (crc32c(~0u, bytes_of(summed)) != s.raw.s_checksum) return corrupt("its checksum is wrong");
  s.checksum_seed = crc32c(~0u, std::as_bytes(std::span(s.raw.s_uuid)));
  return {};
}

/// Bytes of a tag, by journal_tag_bytes() of fs/jbd2/journal.c.
std::uint32_t tag_size_of(const JournalSuperblock& s) {
  if (s.checksums == JournalChecksums::kV3) return sizeof(RawBlockTag3);
  const std::uint32_t whole = sizeof(RawBlockTag) + (s.checksums == JournalChecksums::kV2 ? 2 : 0);
  return s.has_64bit ? whole : whole - static_cast<std::uint32_t>(sizeof(Be32));
}

/// The log gives up its end to the fast-commit area, but for one block between the two that neither uses.
void place_fast_commits(JournalSuperblock& s) {
  const std::uint32_t wanted = s.raw.s_num_fc_blks != 0 ? s.raw.s_num_fc_blks.get() : kDefaultFastCommitBlocks;
  if (wanted > s.last || s.last - wanted < kMinJournalBlocks) return;
  s.last -= wanted;
  s.fast_commit_first = s.last + 1;
  s.fast_commit_blocks = s.length - s.fast_commit_first;
}

}  // namespace

Result<JournalSuperblock> parse_journal_superblock(ByteView bytes, std::uint32_t block_size, std::uint64_t blocks) {
  const auto raw = bytes.load<RawJournalSuperblock>(0);
  if (!raw || raw->s_header.h_magic != kJournalMagic) {
    return fail(ErrorKind::kNotFound, "journal superblock", "bad magic");
  }
  const std::uint32_t type = raw->s_header.h_blocktype;
  if (type != kJournalSuperblockV1 && type != kJournalSuperblockV2) return impossible("h_blocktype", type);
  if (raw->s_blocksize != block_size) return impossible("s_blocksize", raw->s_blocksize);
  if (raw->s_maxlen > blocks) {
    return corrupt("s_maxlen is " + std::to_string(raw->s_maxlen) + ", and the journal has only " +
                   std::to_string(blocks) + " blocks");
  }
  if (raw->s_first == 0 || raw->s_first >= raw->s_maxlen) return impossible("s_first", raw->s_first);

  JournalSuperblock s;
  s.raw = *raw;
  s.block_size = block_size;
  s.length = raw->s_maxlen;
  s.first = raw->s_first;
  s.last = s.length;
  s.start = raw->s_start;
  s.sequence = raw->s_sequence;
  // In version 1 the feature words are not there yet.
  if (type == kJournalSuperblockV2) {
    if (auto done = parse_features(s); !done) return fail(std::move(done.error()));
    if (auto done = check_checksum(s); !done) return fail(std::move(done.error()));
  }
  s.tag_size = tag_size_of(s);
  if (s.has_fast_commit) place_fast_commits(s);
  if (s.first >= s.last) return impossible("s_first", s.first);
  if (s.start >= s.length) return impossible("s_start", s.start);
  return s;
}

}  // namespace coldread::ext4
