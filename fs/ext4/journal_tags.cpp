#include "fs/ext4/journal_tags.hpp"

#include "core/base/little_endian.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint64_t kUuidSize = 16;

struct ParsedTag {
  BlockTag tag;
  std::uint32_t flags = 0;
};

/// The tag in bytes that are as long as the journal's tags are, or longer.
ParsedTag parse_tag(const JournalSuperblock& journal, ByteView bytes) {
  ParsedTag parsed;
  if (journal.checksums == JournalChecksums::kV3) {
    const RawBlockTag3 raw = *bytes.load<RawBlockTag3>(0);
    // The kernel writes 32 bits of flags, and reads the lower 16 of them.
    parsed.flags = raw.t_flags & 0xffff;
    parsed.tag.block = join(raw.t_blocknr, journal.has_64bit ? raw.t_blocknr_high.get() : 0);
    parsed.tag.checksum = raw.t_checksum;
  } else {
    parsed.flags = bytes.load<Be16>(offsetof(RawBlockTag, t_flags))->get();
    const std::uint32_t low = bytes.load<Be32>(offsetof(RawBlockTag, t_blocknr))->get();
    const std::uint32_t high = journal.has_64bit ? bytes.load<Be32>(offsetof(RawBlockTag, t_blocknr_high))->get() : 0;
    parsed.tag.block = join(low, high);
    parsed.tag.checksum = bytes.load<Be16>(offsetof(RawBlockTag, t_checksum))->get();
  }
  parsed.tag.escaped = (parsed.flags & kTagEscaped) != 0;
  return parsed;
}

}  // namespace

std::vector<BlockTag> parse_tags(const JournalSuperblock& journal, ByteView block) {
  std::vector<BlockTag> tags;
  std::uint64_t at = sizeof(RawJournalHeader);
  while (at + journal.tag_size <= journal.usable_size()) {
    const auto bytes = block.sub(at, journal.tag_size);
    if (!bytes) break;
    const ParsedTag parsed = parse_tag(journal, *bytes);
    tags.push_back(parsed.tag);
    at += journal.tag_size + (parsed.flags & kTagSameUuid ? 0 : kUuidSize);
    if (parsed.flags & kTagLast) break;
  }
  return tags;
}

}  // namespace coldread::ext4
