#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/finding.hpp"
#include "fs/ext4/filesystem.hpp"
#include "fs/ext4/inode_record.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {

/// Numbers of e_name_index that mean something here (Documentation/filesystems/ext4/attributes.rst, "Attribute Name
/// Indices").
constexpr std::uint8_t kXattrAclAccess = 2;
constexpr std::uint8_t kXattrAclDefault = 3;
constexpr std::uint8_t kXattrSystem = 7;
constexpr std::uint8_t kXattrEncryption = 9;

/// One attribute as stored.
struct StoredXattr {
  RawXattrEntry raw;
  std::string name;  ///< without the prefix that e_name_index stands for
  /// The value, or the reason why there is none; empty where e_value_inum says that it lies in another inode.
  tl::expected<Bytes, std::string> value;
  std::uint64_t value_at = 0;  ///< of the value, in bytes from the start of the inode's record or of the block

  [[nodiscard]] bool is_context() const { return raw.e_name_index == kXattrEncryption && name == "c"; }
  [[nodiscard]] bool is_inline_data() const { return raw.e_name_index == kXattrSystem && name == "data"; }
};

struct StoredXattrs {
  std::vector<StoredXattr> list;  ///< in the order in which they lie
  Findings findings;
};

/// Adds the attributes in the inode's body.
void read_body_xattrs(const InodeRecord& inode, StoredXattrs& stored);

/// Adds the attributes in the inode's external block (i_file_acl), if it has one. A wrong checksum is a finding.
void read_block_xattrs(const Filesystem& filesystem, const InodeRecord& inode, StoredXattrs& stored);

}  // namespace coldread::ext4
