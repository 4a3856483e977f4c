#include "fs/ext4/xattr_area.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/checked.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/read_block.hpp"

namespace coldread::ext4 {
namespace {

tl::expected<Bytes, std::string> value_of(const RawXattrEntry& entry, ByteView values) {
  if (entry.e_value_inum != 0 || entry.e_value_size == 0) return Bytes{};
  const auto value = values.sub(entry.e_value_offs, entry.e_value_size);
  if (!value) return tl::unexpected<std::string>("its value reaches out of the area for values");
  return value->copy();
}

/// Reads the entries from `first` on; e_value_offs counts from the start of `values`, which lies at `base`.
void read_entries(ByteView values, std::uint64_t first, std::uint64_t base, const std::string& place,
                  StoredXattrs& stored) {
  // Values of a sound area do not overlap; those of a hostile one could make thousands of copies of all of it.
  std::uint64_t room = values.size();
  for (std::uint64_t at = first;;) {
    // Four zero bytes end the list; an area that is filled to its end has none.
    const auto mark = values.load<Le32>(at);
    if (!mark || *mark == 0) return;
    const auto entry = values.load<RawXattrEntry>(at);
    const auto name = entry ? values.sub(at + sizeof(RawXattrEntry), entry->e_name_len) : std::nullopt;
    if (!name) {
      stored.findings.push_back(place + ": the attribute at byte " + std::to_string(at) + " reaches out of its area");
      return;
    }
    auto value = value_of(*entry, values);
    if (value && value->size() > room) {
      value = tl::unexpected<std::string>(
          "its value overlaps others: together they are larger than the area that holds them");
    }
    if (value) room -= value->size();
    stored.list.push_back({*entry, name->str(), std::move(value), base + entry->e_value_offs});
    at += round_up(sizeof(RawXattrEntry) + entry->e_name_len, 4);
  }
}

bool block_checksum_good(const Superblock& s, std::uint64_t block, Bytes bytes, const RawXattrHeader& header) {
  if (!s.metadata_checksums) return true;
  const auto at = bytes.begin() + offsetof(RawXattrHeader, h_checksum);
  std::fill(at, at + sizeof(Le32), std::byte{0});
  return crc32c(crc32c(s.checksum_seed, bytes_of(Le64(block))), bytes) == header.h_checksum;
}

}  // namespace

void read_body_xattrs(const InodeRecord& inode, StoredXattrs& stored) {
  if (!inode.extra_in_use) return;
  const std::uint64_t at = kGoodOldInodeSize + inode.extra_size;
  const ByteView bytes(inode.bytes);
  const auto magic = bytes.load<Le32>(at);
  if (!magic || *magic != kXattrMagic) return;
  const std::uint64_t first = at + sizeof(Le32);
  read_entries(*bytes.sub(first, bytes.size() - first), 0, first, inode.where(), stored);
}

void read_block_xattrs(const Filesystem& filesystem, const InodeRecord& inode, StoredXattrs& stored) {
  if (inode.file_acl == 0) return;
  const std::string place = inode.where() + ", attribute block " + std::to_string(inode.file_acl);
  auto bytes = read_block(filesystem, inode.file_acl);
  if (!bytes) {
    stored.findings.push_back(place + ": " + bytes.error());
    return;
  }
  const auto header = ByteView(*bytes).load<RawXattrHeader>(0);
  if (!header || header->h_magic != kXattrMagic) {
    stored.findings.push_back(place + ": h_magic is wrong");
    return;
  }
  if (header->h_blocks != 1) stored.findings.push_back(place + ": h_blocks is " + std::to_string(header->h_blocks));
  read_entries(*bytes, sizeof(RawXattrHeader), 0, place, stored);
  if (!block_checksum_good(filesystem.superblock(), inode.file_acl, *std::move(bytes), *header)) {
    stored.findings.push_back(place + ": its checksum is wrong");
  }
}

}  // namespace coldread::ext4
