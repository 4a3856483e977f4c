#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/source/memory_source.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/journal_checksum.hpp"
#include "fs/ext4/journal_layout.hpp"
#include "fs/ext4/journal_log.hpp"

namespace coldread::ext4::test {

/// A block that a transaction writes.
struct Write {
  std::uint64_t block = 0;
  Bytes content;  ///< as the filesystem is to have it
  bool uuid = false;
};

/// A jbd2 journal made by hand, of 1 KiB blocks. It is written at a cursor that goes round as the log does. Its
/// checksums are as its version wants them; a test then breaks what it wants broken.
class JournalBuilder {
 public:
  static constexpr std::uint32_t kBlockSize = 1024;

  explicit JournalBuilder(JournalChecksums checksums = JournalChecksums::kNone, bool wide = false,
                          std::uint32_t length = 32)
      : blocks(length, Bytes(kBlockSize)), checksums_(checksums), wide_(wide) {
    super.s_header = {kJournalMagic, kJournalSuperblockV2, 0};
    super.s_blocksize = kBlockSize;
    super.s_maxlen = length;
    super.s_first = 1;
    super.s_sequence = 1;
    super.s_start = 1;
    super.s_uuid[3] = 9;
    super.s_nr_users = 1;
    if (checksums == JournalChecksums::kV1) super.s_feature_compat = kJournalCompatChecksum;
    std::uint32_t incompat = kJournalIncompatRevoke | (wide ? kJournalIncompat64Bit : 0);
    if (checksums == JournalChecksums::kV2) incompat |= kJournalIncompatChecksumV2;
    if (checksums == JournalChecksums::kV3) incompat |= kJournalIncompatChecksumV3;
    super.s_feature_incompat = incompat;
    if (guarded()) super.s_checksum_type = kJournalChecksumCrc32c;
  }

  /// Goes on at `block`.
  JournalBuilder& seek(std::uint32_t block) {
    next_ = block;
    return *this;
  }

  /// A descriptor block and the copies after it. Returns where the descriptor is.
  std::uint32_t write(std::uint32_t sequence, const std::vector<Write>& writes) {
    Bytes descriptor = header(kDescriptorBlock, sequence);
    std::vector<Bytes> copies;
    std::size_t at = sizeof(RawJournalHeader);
    for (const Write& one : writes) {
      Bytes copy = one.content;
      copy.resize(kBlockSize);
      std::uint32_t flags = (one.uuid ? 0 : kTagSameUuid) | (&one == &writes.back() ? kTagLast : 0);
      const Be32 magic(kJournalMagic);
      if (std::equal(bytes_of(magic).begin(), bytes_of(magic).end(), copy.begin())) {
        std::fill_n(copy.begin(), 4, std::byte{0});
        flags |= kTagEscaped;
      }
      at = put_tag(descriptor, at, one.block, flags, copy_sum(sequence, copy));
      if (one.uuid) at += 16;
      copies.push_back(std::move(copy));
    }
    sign_tail(descriptor);
    sum_ = crc32_be(sum_, descriptor);
    const std::uint32_t where = put(std::move(descriptor));
    for (Bytes& copy : copies) {
      sum_ = crc32_be(sum_, copy);
      put(std::move(copy));
    }
    return where;
  }

  std::uint32_t revoke(std::uint32_t sequence, const std::vector<std::uint64_t>& revoked) {
    Bytes block = header(kRevokeBlock, sequence);
    std::size_t at = sizeof(RawRevokeHeader);
    for (const std::uint64_t number : revoked) {
      if (wide_) at = set(block, at, Be64(number));
      if (!wide_) at = set(block, at, Be32(static_cast<std::uint32_t>(number)));
    }
    set(block, offsetof(RawRevokeHeader, r_count), Be32(static_cast<std::uint32_t>(at)));
    sign_tail(block);
    return put(std::move(block));
  }

  std::uint32_t commit(std::uint32_t sequence, std::uint64_t time = 100) {
    Bytes block = header(kCommitBlock, sequence);
    set(block, offsetof(RawCommitHeader, h_commit_sec), Be64(time));
    if (checksums_ == JournalChecksums::kV1) {
      block[offsetof(RawCommitHeader, h_chksum_type)] = std::byte{kJournalChecksumCrc32};
      block[offsetof(RawCommitHeader, h_chksum_size)] = std::byte{4};
      set(block, offsetof(RawCommitHeader, h_chksum), Be32(sum_));
    }
    if (guarded()) set(block, offsetof(RawCommitHeader, h_chksum), Be32(crc32c(seed(), block)));
    sum_ = kCrc32Begin;
    return put(std::move(block));
  }

  /// A transaction of its own.
  void transaction(std::uint32_t sequence, const std::vector<Write>& writes, std::uint64_t time = 100) {
    write(sequence, writes);
    commit(sequence, time);
  }

  /// Changes a byte of a block of the journal.
  void damage(std::uint32_t block, std::size_t offset = 200) { blocks.at(block).at(offset) ^= std::byte{0x40}; }

  /// The journal's bytes, its superblock signed.
  [[nodiscard]] Bytes bytes(std::uint32_t superblock_at = 0) {
    if (guarded()) {
      super.s_checksum = 0;
      super.s_checksum = crc32c(~0u, bytes_of(super));
    }
    blocks.at(superblock_at) = ByteView(bytes_of(super)).copy();
    Bytes all;
    for (const Bytes& block : blocks) all.insert(all.end(), block.begin(), block.end());
    return all;
  }

  /// The journal on its own, as a log.
  [[nodiscard]] std::shared_ptr<const JournalLog> log() {
    const auto source = std::make_shared<source::MemorySource>(bytes(), source::Medium::kJournal);
    const auto parsed = parse_journal_superblock(ByteView(bytes_of(super)), kBlockSize, blocks.size()).value();
    return std::make_shared<const JournalLog>(source, std::vector<JournalRun>{{0, blocks.size(), 0}}, parsed, true);
  }

  RawJournalSuperblock super{};
  std::vector<Bytes> blocks;

 private:
  [[nodiscard]] bool guarded() const {
    return checksums_ == JournalChecksums::kV2 || checksums_ == JournalChecksums::kV3;
  }
  [[nodiscard]] std::uint32_t seed() const { return crc32c(~0u, std::as_bytes(std::span(super.s_uuid))); }

  static Bytes header(std::uint32_t type, std::uint32_t sequence) {
    Bytes block(kBlockSize);
    set(block, 0, RawJournalHeader{kJournalMagic, type, sequence});
    return block;
  }

  template <class T>
  static std::size_t set(Bytes& block, std::size_t at, const T& value) {
    const ByteSpan raw = bytes_of(value);
    std::copy(raw.begin(), raw.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
    return at + raw.size();
  }

  [[nodiscard]] std::uint32_t copy_sum(std::uint32_t sequence, const Bytes& copy) const {
    const Be32 number(sequence);
    return crc32c(crc32c(seed(), bytes_of(number)), copy);
  }

  /// By hand, so that the sizes of the tags are not the reader's: 16, 8, 12, 10 and 14 bytes.
  std::size_t put_tag(Bytes& block, std::size_t at, std::uint64_t target, std::uint32_t flags,
                      std::uint32_t sum) const {
    const auto high = static_cast<std::uint32_t>(target >> 32);
    at = set(block, at, Be32(static_cast<std::uint32_t>(target)));
    if (checksums_ == JournalChecksums::kV3) {
      at = set(block, at, Be32(flags));
      at = set(block, at, Be32(high));
      return set(block, at, Be32(sum));
    }
    at = set(block, at, Be16(static_cast<std::uint16_t>(guarded() ? sum : 0)));
    at = set(block, at, Be16(static_cast<std::uint16_t>(flags)));
    if (wide_) at = set(block, at, Be32(high));
    return checksums_ == JournalChecksums::kV2 ? at + 2 : at;
  }

  void sign_tail(Bytes& block) const {
    if (guarded()) set(block, kBlockSize - 4, Be32(crc32c(seed(), block)));
  }

  std::uint32_t put(Bytes block) {
    const std::uint32_t at = next_;
    blocks.at(at) = std::move(block);
    next_ = at + 1 == blocks.size() ? super.s_first.get() : at + 1;
    return at;
  }

  JournalChecksums checksums_;
  bool wide_;
  std::uint32_t next_ = 1;
  std::uint32_t sum_ = kCrc32Begin;
};

/// A block's worth of one character.
inline Bytes filled(char fill) { return ByteView(as_bytes(std::string(JournalBuilder::kBlockSize, fill))).copy(); }

}  // namespace coldread::ext4::test
