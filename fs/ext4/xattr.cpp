#include "fs/ext4/xattr.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/posix_acl.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint8_t kAclAccess = 2;
constexpr std::uint8_t kAclDefault = 3;
constexpr std::uint8_t kSystem = 7;
constexpr std::uint8_t kEncryption = 9;
constexpr std::string_view kContextName = "c";
constexpr std::string_view kInlineDataName = "data";

/// What e_name_index stands for (attributes.rst, "Attribute Name Indices"); nothing where it stands for nothing.
std::optional<std::string_view> prefix_of(std::uint8_t index) {
  switch (index) {
    case 0: return "";
    case 1: return "user.";
    case kAclAccess: return "system.posix_acl_access";
    case kAclDefault: return "system.posix_acl_default";
    case 4: return "trusted.";
    case 6: return "security.";
    case kSystem: return "system.";
    case 8: return "system.richacl";
    case 10: return "gnu.";
    default: return std::nullopt;
  }
}

/// One attribute as stored. A value that cannot be had is a reason instead.
struct Stored {
  std::uint8_t index = 0;
  std::string name;
  tl::expected<Bytes, std::string> value;
};

struct StoredList {
  std::vector<Stored> list;
  Findings findings;
};

tl::expected<Bytes, std::string> value_of(const RawXattrEntry& entry, ByteView values) {
  if (entry.e_value_inum != 0) {
    return tl::unexpected<std::string>("its value lies in inode " + std::to_string(entry.e_value_inum) +
                                       " (ea_inode), which this version does not read yet");
  }
  if (entry.e_value_size == 0) return Bytes{};
  const auto value = values.sub(entry.e_value_offs, entry.e_value_size);
  if (!value) return tl::unexpected<std::string>("its value reaches out of the area for values");
  return value->copy();
}

/// Reads the entries from `first` on; e_value_offs counts from the start of `values`.
void read_entries(ByteView values, std::uint64_t first, const std::string& place, StoredList& stored) {
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
    stored.list.push_back({entry->e_name_index, name->str(), std::move(value)});
    at += round_up(sizeof(RawXattrEntry) + entry->e_name_len, 4);
  }
}

void read_body(const InodeRecord& inode, StoredList& stored) {
  if (!inode.extra_in_use) return;
  const std::uint64_t at = kGoodOldInodeSize + inode.extra_size;
  const ByteView bytes(inode.bytes);
  const auto magic = bytes.load<Le32>(at);
  if (!magic || *magic != kXattrMagic) return;
  const std::uint64_t first = at + sizeof(Le32);
  read_entries(*bytes.sub(first, bytes.size() - first), 0, inode.where(), stored);
}

bool block_checksum_good(const Superblock& s, std::uint64_t block, Bytes bytes, const RawXattrHeader& header) {
  if (!s.metadata_checksums) return true;
  const auto at = bytes.begin() + offsetof(RawXattrHeader, h_checksum);
  std::fill(at, at + sizeof(Le32), std::byte{0});
  return crc32c(crc32c(s.checksum_seed, bytes_of(Le64(block))), bytes) == header.h_checksum;
}

void read_block(const Filesystem& filesystem, const InodeRecord& inode, StoredList& stored) {
  if (inode.file_acl == 0) return;
  const std::string place = inode.where() + ", attribute block " + std::to_string(inode.file_acl);
  if (!filesystem.superblock().blocks_valid(inode.file_acl, 1)) {
    stored.findings.push_back(place + ": no such block can be");
    return;
  }
  Bytes bytes(filesystem.block_size());
  if (auto done = source::read_exactly(*filesystem.source, filesystem.byte_of(inode.file_acl), bytes); !done) {
    stored.findings.push_back(place + ": " + done.error().message());
    return;
  }
  const auto header = ByteView(bytes).load<RawXattrHeader>(0);
  if (!header || header->h_magic != kXattrMagic) {
    stored.findings.push_back(place + ": h_magic is wrong");
    return;
  }
  if (header->h_blocks != 1) stored.findings.push_back(place + ": h_blocks is " + std::to_string(header->h_blocks));
  read_entries(bytes, sizeof(RawXattrHeader), place, stored);
  if (!block_checksum_good(filesystem.superblock(), inode.file_acl, std::move(bytes), *header)) {
    stored.findings.push_back(place + ": its checksum is wrong");
  }
}

StoredList read_stored(const Filesystem& filesystem, const InodeRecord& inode) {
  StoredList stored;
  read_body(inode, stored);
  read_block(filesystem, inode, stored);
  return stored;
}

bool is_context(const Stored& attribute) { return attribute.index == kEncryption && attribute.name == kContextName; }

/// Left out of a listing, as listxattr(2) does.
bool is_hidden(const Stored& attribute) {
  return is_context(attribute) || (attribute.index == kSystem && attribute.name == kInlineDataName);
}

}  // namespace

volume::Xattrs read_xattrs(const Filesystem& filesystem, const InodeRecord& inode) {
  StoredList stored = read_stored(filesystem, inode);
  volume::Xattrs xattrs;
  xattrs.findings = std::move(stored.findings);
  for (Stored& attribute : stored.list) {
    if (is_hidden(attribute)) continue;
    const auto prefix = prefix_of(attribute.index);
    const std::string name = std::string(prefix.value_or("")) + attribute.name;
    const std::string place = inode.where() + ", attribute " + escape_for_terminal(name);
    if (!prefix) {
      xattrs.findings.push_back(place + ": its name's index " + std::to_string(attribute.index) + " is not known");
      continue;
    }
    const bool is_acl = attribute.index == kAclAccess || attribute.index == kAclDefault;
    auto value = is_acl && attribute.value ? convert_acl(*attribute.value) : std::move(attribute.value);
    if (!value) {
      xattrs.findings.push_back(place + ": " + value.error());
      continue;
    }
    xattrs.list.push_back({name, *std::move(value)});
  }
  // Stable: of two with one name, the one in the body comes first, which is also the one that getxattr(2) finds.
  const auto by_name = [](const volume::Xattr& a, const volume::Xattr& b) { return a.name < b.name; };
  std::stable_sort(xattrs.list.begin(), xattrs.list.end(), by_name);
  const auto same = std::unique(xattrs.list.begin(), xattrs.list.end(),
                                [](const volume::Xattr& a, const volume::Xattr& b) { return a.name == b.name; });
  if (same != xattrs.list.end()) {
    xattrs.findings.push_back(inode.where() + ": an attribute is there more than once; the first is taken");
    xattrs.list.erase(same, xattrs.list.end());
  }
  return xattrs;
}

Result<Bytes> read_encryption_context(const Filesystem& filesystem, const InodeRecord& inode) {
  StoredList stored = read_stored(filesystem, inode);
  for (Stored& attribute : stored.list) {
    if (!is_context(attribute)) continue;
    if (!attribute.value)
      return fail(ErrorKind::kCorrupt, inode.where(), "its encryption context: " + attribute.value.error());
    return *std::move(attribute.value);
  }
  return fail(ErrorKind::kCorrupt, inode.where(),
              stored.findings.empty() ? "it is encrypted and has no encryption context"
                                      : "its encryption context was not found: " + stored.findings.front());
}

}  // namespace coldread::ext4
