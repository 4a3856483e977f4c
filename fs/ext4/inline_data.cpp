#include "fs/ext4/inline_data.hpp"

#include <string>

#include "fs/ext4/xattr_area.hpp"

namespace coldread::ext4 {

Result<InlineData> find_inline_data(const InodeRecord& inode) {
  StoredXattrs stored;
  read_body_xattrs(inode, stored);
  for (const StoredXattr& attribute : stored.list) {
    if (!attribute.is_inline_data()) continue;
    if (!attribute.value) {
      return fail(ErrorKind::kCorrupt, inode.where(), "the second part of its inline data: " + attribute.value.error());
    }
    if (attribute.raw.e_value_inum != 0) {
      return fail(ErrorKind::kCorrupt, inode.where(), "the second part of its inline data lies in another inode");
    }
    return InlineData{{offsetof(RawInode, i_block), sizeof(inode.raw.i_block)},
                      {attribute.value_at, attribute.value->size()}};
  }
  return fail(ErrorKind::kCorrupt, inode.where(),
              "it has inline data, but not the attribute \"system.data\" that belongs to it" +
                  (stored.findings.empty() ? std::string() : ": " + stored.findings.front()));
}

}  // namespace coldread::ext4
