#include "fs/ext4/journal_checksum.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "fs/ext4/crc32c.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte << 24;
    for (int bit = 0; bit < 8; ++bit) sum = (sum << 1) ^ ((sum & 0x80000000u) ? 0x04C11DB7u : 0u);
    table[byte] = sum;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

constexpr std::array<std::byte, sizeof(Be32)> kZeroField{};

/// The CRC-32C of a block whose field at `offset` counts as zero.
std::uint32_t sum_without(std::uint32_t seed, ByteSpan block, std::size_t offset) {
  const std::uint32_t before = crc32c(seed, block.first(offset));
  return crc32c(crc32c(before, kZeroField), block.subspan(offset + kZeroField.size()));
}

}  // namespace

std::uint32_t crc32_be(std::uint32_t sum, ByteSpan bytes) {
  for (const std::byte byte : bytes) sum = (sum << 8) ^ kTable[(sum >> 24) ^ std::to_integer<std::uint32_t>(byte)];
  return sum;
}

bool block_tail_good(const JournalSuperblock& journal, ByteSpan block) {
  if (!journal.blocks_have_checksums()) return true;
  const std::size_t tail = journal.usable_size();
  return ByteView(block).load<Be32>(tail)->get() == sum_without(journal.checksum_seed, block, tail);
}

bool commit_block_good(const JournalSuperblock& journal, ByteSpan block) {
  if (!journal.blocks_have_checksums()) return true;
  constexpr std::size_t kAt = offsetof(RawCommitHeader, h_chksum);
  const std::uint32_t given = ByteView(block).load<Be32>(kAt)->get();
  if (given == sum_without(journal.checksum_seed, block, kAt)) return true;
  Bytes alone(block.size());
  std::copy_n(block.begin(), sizeof(RawCommitHeader), alone.begin());
  return given == sum_without(journal.checksum_seed, alone, kAt);
}

bool transaction_sum_good(const RawCommitHeader& commit, std::uint32_t sum) {
  const std::uint32_t given = commit.h_chksum[0];
  if (commit.h_chksum_type == 0 && commit.h_chksum_size == 0 && given == 0) return true;
  return commit.h_chksum_type == kJournalChecksumCrc32 && commit.h_chksum_size == sizeof(Be32) && given == sum;
}

bool tag_checksum_good(const JournalSuperblock& journal, std::uint32_t checksum, std::uint32_t sequence,
                       ByteSpan block) {
  if (!journal.blocks_have_checksums()) return true;
  const Be32 number(sequence);
  const std::uint32_t sum = crc32c(crc32c(journal.checksum_seed, bytes_of(number)), block);
  return checksum == (journal.checksums == JournalChecksums::kV2 ? sum & 0xffff : sum);
}

}  // namespace coldread::ext4
