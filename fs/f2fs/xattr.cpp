#include "fs/f2fs/xattr.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/volume/posix_acl.hpp"
#include "fs/f2fs/recovered_nodes.hpp"

namespace coldread::f2fs {
namespace {

/// e_name_index (fs/f2fs/xattr.h).
constexpr std::uint8_t kIndexAclAccess = 2;
constexpr std::uint8_t kIndexAclDefault = 3;
constexpr std::uint8_t kIndexEncryption = 9;
constexpr std::uint8_t kIndexVerity = 11;

constexpr std::uint64_t kVerityAlignment = 65536;

struct Stored {
  std::uint8_t index = 0;
  std::string name;
  Bytes value;
};

struct StoredList {
  std::vector<Stored> list;
  Findings findings;
};

/// What e_name_index stands for; nothing where it stands for nothing.
std::optional<std::string_view> prefix_of(std::uint8_t index) {
  switch (index) {
    case 1: return "user.";
    case kIndexAclAccess: return "system.posix_acl_access";
    case kIndexAclDefault: return "system.posix_acl_default";
    case 4: return "trusted.";
    case 6: return "security.";
    default: return std::nullopt;
  }
}

/// The xattr node without its footer, or nothing where it cannot be had, with a finding.
Bytes read_xattr_node(const Filesystem& filesystem, const InodeRecord& inode, Findings& findings) {
  const auto without_footer = [](Bytes bytes) {
    bytes.resize(bytes.size() - sizeof(RawNodeFooter));
    return bytes;
  };
  if (filesystem.recovered) {
    if (const std::uint32_t block = filesystem.recovered->xattrs(inode.node.nid()); block != 0) {
      auto node = read_node_block(filesystem, block);
      if (node) return without_footer(std::move(node->bytes));
      findings.push_back(inode.where() + ": its recovered attributes cannot be read: " + node.error().message());
      return {};
    }
  }
  const std::uint32_t nid = inode.raw.i_xattr_nid;
  if (nid == 0) return {};
  auto node = read_tree_node(filesystem, inode.node.nid(), nid, kXattrNodeOffset);
  if (!node) {
    findings.push_back(inode.where() + ": its attributes' node cannot be read: " + node.error());
    return {};
  }
  return without_footer(std::move(node->bytes));
}

StoredList read_stored(const Filesystem& filesystem, const InodeRecord& inode) {
  StoredList stored;
  const auto note = [&](const std::string& what) {
    stored.findings.push_back(inode.where() + ", attributes: " + what);
  };
  Bytes area = inode.inline_xattrs().copy();
  const Bytes node = read_xattr_node(filesystem, inode, stored.findings);
  area.insert(area.end(), node.begin(), node.end());
  if (area.size() < sizeof(RawXattrHeader)) return stored;
  const ByteView view(area);
  const std::uint32_t magic = view.load<RawXattrHeader>(0)->h_magic;
  if (magic != kXattrMagic && magic != 0) note("the magic is wrong");
  for (std::uint64_t at = sizeof(RawXattrHeader); at < area.size();) {
    const auto raw = view.load<RawXattrEntry>(at);
    if (raw && raw->e_name_index == 0 && raw->e_name_len == 0 && raw->e_value_size == 0) return stored;
    const std::uint64_t name_at = at + sizeof(RawXattrEntry);
    const auto name = raw ? view.sub(name_at, raw->e_name_len) : std::nullopt;
    const auto value = name ? view.sub(name_at + raw->e_name_len, raw->e_value_size) : std::nullopt;
    if (!value) {
      note("an entry at byte " + std::to_string(at) + " does not fit; those from there on are not read");
      return stored;
    }
    stored.list.push_back({raw->e_name_index, name->str(), value->copy()});
    at = round_up(name_at + raw->e_name_len + raw->e_value_size, 4);
  }
  return stored;
}

/// The value of the attribute that is not shown, or nothing.
const Bytes* find(const StoredList& stored, std::uint8_t index, std::string_view name) {
  const auto at = std::find_if(stored.list.begin(), stored.list.end(),
                               [&](const Stored& s) { return s.index == index && s.name == name; });
  return at == stored.list.end() ? nullptr : &at->value;
}

tl::unexpected<Error> missing(const InodeRecord& inode, const StoredList& stored, const std::string& what) {
  return fail(ErrorKind::kCorrupt, inode.where(),
              stored.findings.empty() ? "it has no " + what : "no " + what + " was found: " + stored.findings.front());
}

}  // namespace

volume::Xattrs read_xattrs(const Filesystem& filesystem, const InodeRecord& inode) {
  StoredList stored = read_stored(filesystem, inode);
  volume::Xattrs xattrs;
  xattrs.findings = std::move(stored.findings);
  for (Stored& attribute : stored.list) {
    const bool hidden = attribute.index == kIndexEncryption || attribute.index == kIndexVerity;
    if (hidden) continue;
    const auto prefix = prefix_of(attribute.index);
    const std::string name = std::string(prefix.value_or("")) + attribute.name;
    const std::string place = inode.where() + ", attribute " + escape_for_terminal(name);
    if (!prefix) {
      xattrs.findings.push_back(place + ": its name's index " + std::to_string(attribute.index) + " is not known");
      continue;
    }
    const bool is_acl = attribute.index == kIndexAclAccess || attribute.index == kIndexAclDefault;
    auto value =
        is_acl ? volume::convert_acl(attribute.value) : tl::expected<Bytes, std::string>(std::move(attribute.value));
    if (!value) {
      xattrs.findings.push_back(place + ": " + value.error());
      continue;
    }
    xattrs.list.push_back({name, *std::move(value)});
  }
  volume::sort_by_name(xattrs, inode.where());
  return xattrs;
}

Result<Bytes> read_encryption_context(const Filesystem& filesystem, const InodeRecord& inode) {
  const StoredList stored = read_stored(filesystem, inode);
  const Bytes* value = find(stored, kIndexEncryption, "c");
  if (value == nullptr) return missing(inode, stored, "encryption context");
  return *value;
}

Result<volume::VerityLocation> read_verity_location(const Filesystem& filesystem, const InodeRecord& inode) {
  const StoredList stored = read_stored(filesystem, inode);
  const Bytes* value = find(stored, kIndexVerity, "v");
  if (value == nullptr) return missing(inode, stored, "verity attribute");
  const auto raw = ByteView(*value).load<RawVerityLocation>(0);
  if (!raw || value->size() != sizeof(RawVerityLocation) || raw->version != 1) {
    return fail(ErrorKind::kCorrupt, inode.where(), "the verity attribute has an unknown form");
  }
  const std::uint64_t tree = round_up(inode.facts.size, kVerityAlignment);
  const auto end = checked_add(raw->pos, raw->size);
  if (!end || *end >> 62 || raw->pos < tree) {
    return fail(
        ErrorKind::kCorrupt, inode.where(),
        "the verity attribute puts the descriptor at file offset " + std::to_string(raw->pos) + ", where it cannot be");
  }
  return volume::VerityLocation{tree, raw->pos - tree, raw->pos, raw->size};
}

}  // namespace coldread::f2fs
