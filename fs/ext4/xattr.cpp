#include "fs/ext4/xattr.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.hpp"
#include "core/volume/posix_acl.hpp"
#include "fs/ext4/ea_inode.hpp"
#include "fs/ext4/xattr_area.hpp"

namespace coldread::ext4 {
namespace {

/// What the values that lie in other inodes may take together, so that one hostile inode cannot fill the memory.
constexpr std::uint64_t kMaxOutsideValues = std::uint64_t{16} << 20;

/// What e_name_index stands for (attributes.rst, "Attribute Name Indices"); nothing where it stands for nothing.
std::optional<std::string_view> prefix_of(std::uint8_t index) {
  switch (index) {
    case 0: return "";
    case 1: return "user.";
    case kXattrAclAccess: return "system.posix_acl_access";
    case kXattrAclDefault: return "system.posix_acl_default";
    case 4: return "trusted.";
    case 6: return "security.";
    case kXattrSystem: return "system.";
    case 8: return "system.richacl";
    case 10: return "gnu.";
    default: return std::nullopt;
  }
}

StoredXattrs read_stored(const Filesystem& filesystem, const InodeRecord& inode) {
  StoredXattrs stored;
  read_body_xattrs(inode, stored);
  read_block_xattrs(filesystem, inode, stored);
  return stored;
}

/// The value that lies in another inode, as far as `room` allows.
tl::expected<Bytes, std::string> outside_value(const std::shared_ptr<const Filesystem>& filesystem,
                                               const InodeRecord& inode, const StoredXattr& attribute,
                                               std::uint64_t& room) {
  if (attribute.raw.e_value_size > room) {
    return tl::unexpected<std::string>("its value is not read: the inode's attributes are larger than " +
                                       std::to_string(kMaxOutsideValues) + " bytes together");
  }
  room -= attribute.raw.e_value_size;
  return read_ea_inode(filesystem, inode, attribute);
}

/// Left out of a listing, as listxattr(2) does.
bool is_hidden(const StoredXattr& attribute) { return attribute.is_context() || attribute.is_inline_data(); }

}  // namespace

volume::Xattrs read_xattrs(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode) {
  StoredXattrs stored = read_stored(*filesystem, inode);
  std::uint64_t room = kMaxOutsideValues;
  volume::Xattrs xattrs;
  xattrs.findings = std::move(stored.findings);
  for (StoredXattr& attribute : stored.list) {
    if (is_hidden(attribute)) continue;
    const auto prefix = prefix_of(attribute.raw.e_name_index);
    const std::string name = std::string(prefix.value_or("")) + attribute.name;
    const std::string place = inode.where() + ", attribute " + escape_for_terminal(name);
    if (!prefix) {
      xattrs.findings.push_back(place + ": its name's index " + std::to_string(attribute.raw.e_name_index) +
                                " is not known");
      continue;
    }
    if (attribute.raw.e_value_inum != 0) attribute.value = outside_value(filesystem, inode, attribute, room);
    const bool is_acl = attribute.raw.e_name_index == kXattrAclAccess || attribute.raw.e_name_index == kXattrAclDefault;
    auto value = is_acl && attribute.value ? volume::convert_acl(*attribute.value) : std::move(attribute.value);
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
  StoredXattrs stored = read_stored(filesystem, inode);
  for (StoredXattr& attribute : stored.list) {
    if (!attribute.is_context()) continue;
    if (!attribute.value)
      return fail(ErrorKind::kCorrupt, inode.where(), "its encryption context: " + attribute.value.error());
    if (attribute.raw.e_value_inum != 0)
      return fail(ErrorKind::kCorrupt, inode.where(), "its encryption context lies in another inode");
    return *std::move(attribute.value);
  }
  return fail(ErrorKind::kCorrupt, inode.where(),
              stored.findings.empty() ? "it is encrypted and has no encryption context"
                                      : "its encryption context was not found: " + stored.findings.front());
}

}  // namespace coldread::ext4
